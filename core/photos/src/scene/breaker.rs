//! A distribution cabinet with two rows of breakers; broken, one of them is burnt and its lamps say so.

use rand::Rng as _;
use rand_chacha::ChaCha8Rng;

use super::paint::{Canvas, Colour, EVERYWHERE, around, boxed, disc, stroke};
use super::texture::{rough, smooth, step};

const ROWS: [f32; 2] = [330.0, 720.0];
const FIRST: f32 = 402.0;
const PITCH: f32 = 100.0;
const BREAKERS: u8 = 8;
const HEIGHT: f32 = 210.0;

pub(super) fn paint(canvas: &mut Canvas, place: &mut ChaCha8Rng, broken: bool) {
    // Below half of u32, so that a surface may take a seed of its own by adding to it.
    let seed = place.random::<u32>() >> 1;
    let wall = [[0.60, 0.58, 0.52], [0.46, 0.52, 0.55], [0.55, 0.50, 0.42]][place.random_range(0..3)];
    let box_colour = [[0.56, 0.58, 0.58], [0.62, 0.60, 0.54], [0.40, 0.46, 0.50]][place.random_range(0..3)];
    let burnt_row = place.random_range(0..ROWS.len());
    let burnt = place.random_range(1..BREAKERS - 1);
    let middle = (left_of(burnt) + PITCH / 2.0, ROWS[burnt_row] + HEIGHT / 2.0);

    cabinet(canvas, seed, wall, box_colour);
    lamps(canvas, broken);
    for (row, top) in ROWS.into_iter().enumerate() {
        wires(canvas, top);
        canvas.raised([376.0, top + 84.0, 1224.0, top + 112.0], 1.0, [0.45, 0.46, 0.47]);
        for number in 0..BREAKERS {
            let is_burnt = row == burnt_row && number == burnt;
            let state = match (is_burnt, broken) {
                (true, true) => Breaker::Burnt,
                (true, false) => Breaker::New,
                (false, true | false) => Breaker::Old,
            };
            breaker(canvas, left_of(number), top, state);
        }
    }
    if broken {
        soot(canvas, seed, middle);
        char_and_embers(canvas, seed, middle);
    }
}

#[derive(Clone, Copy)]
enum Breaker {
    Old,
    New,
    Burnt,
}

fn left_of(number: u8) -> f32 {
    FIRST + PITCH * f32::from(number)
}

fn cabinet(canvas: &mut Canvas, seed: u32, wall: Colour, box_colour: Colour) {
    canvas.wash(EVERYWHERE, |x, y| {
        let uneven =
            0.78 + 0.34 * rough(x / 300.0, y / 300.0, seed) + 0.06 * smooth(x / 4.0, y / 4.0, seed + 3);
        (wall.map(|part| part * uneven), 1.0)
    });
    for x in [520.0, 620.0, 1060.0] {
        canvas.shadow([x - 20.0, -100.0, x + 20.0, 90.0], 0.0, 10.0);
        canvas.wash([x - 20.0, -100.0, x + 20.0, 90.0], |at, _| {
            let facing = (1.0 - ((at - x) / 20.0).powi(2)).max(0.0).sqrt();
            ([0.5 * facing + 0.08; 3], 1.0)
        });
    }
    canvas.shadow([300.0, 66.0, 1300.0, 1130.0], 14.0, 26.0);
    canvas.raised([300.0, 66.0, 1300.0, 1130.0], 14.0, box_colour);
    canvas.wash([306.0, 72.0, 1294.0, 1124.0], |x, y| {
        let worn = rough(x / 90.0, y / 200.0, seed + 5);
        ([0.1; 3], 0.12 * (worn - 0.3).max(0.0))
    });
    for top in ROWS {
        let bounds = [362.0, top - 52.0, 1238.0, top + HEIGHT + 62.0];
        canvas.shape(
            bounds,
            |x, y| boxed(x, y, bounds, 6.0),
            |_, y| {
                // A recess: dark under its upper edge.
                let deep = 0.35 + 0.65 * step(0.0, 60.0, y - bounds[1]);
                ([0.075 * deep, 0.078 * deep, 0.085 * deep], 1.0)
            },
        );
    }
    // A yellow triangle with a flash, and a lock.
    let corners = [(1150.0, 224.0), (1222.0, 224.0), (1186.0, 160.0)];
    let sign = move |x: f32, y: f32| {
        let slope = (64.0_f32).hypot(36.0);
        let side = ((x - 1186.0).abs() * 64.0 + (y - 160.0) * -36.0) / slope;
        side.max(y - 224.0)
    };
    canvas.plain(around(&corners, 8.0), |x, y| sign(x, y) - 6.0, [0.02; 3]);
    canvas.plain(around(&corners, 4.0), sign, [0.85, 0.60, 0.02]);
    for (from, to) in [
        ((1190.0, 178.0), (1180.0, 199.0)),
        ((1180.0, 199.0), (1192.0, 199.0)),
        ((1192.0, 199.0), (1182.0, 219.0)),
    ] {
        canvas.plain(around(&[from, to], 5.0), |x, y| stroke(x, y, from, to, 2.6), [0.02; 3]);
    }
    canvas.plain(
        around(&[(1268.0, 600.0)], 20.0),
        |x, y| disc(x, y, (1268.0, 600.0), 15.0),
        [0.25, 0.26, 0.27],
    );
    canvas.plain(
        around(&[(1268.0, 600.0)], 20.0),
        |x, y| boxed(x, y, [1265.0, 592.0, 1271.0, 608.0], 1.0),
        [0.03; 3],
    );
}

fn lamps(canvas: &mut Canvas, broken: bool) {
    let (red, green) = ([0.95, 0.05, 0.03], [0.06, 0.80, 0.22]);
    for (x, colour, lit) in
        [(470.0, red, broken), (590.0, green, !broken), (710.0, green, !broken), (830.0, green, !broken)]
    {
        let middle = (x, 186.0);
        canvas.shadow([x - 34.0, 152.0, x + 34.0, 220.0], 34.0, 8.0);
        canvas.plain(around(&[middle], 38.0), |px, py| disc(px, py, middle, 35.0), [0.30, 0.31, 0.32]);
        canvas.shape(
            around(&[middle], 30.0),
            |px, py| disc(px, py, middle, 26.0),
            |px, py| {
                let shine = (-((px - x + 9.0).powi(2) + (py - middle.1 + 10.0).powi(2)) / 90.0).exp();
                let strength = if lit { 1.25 } else { 0.10 };
                (colour.map(|part| part * strength + 0.45 * shine + if lit { 0.12 } else { 0.0 }), 1.0)
            },
        );
        if lit {
            canvas.glow(middle, 44.0, colour.map(|part| part * 1.2));
        }
        canvas.wash([x - 30.0, 236.0, x + 30.0, 252.0], |_, _| ([0.75, 0.75, 0.72], 1.0));
    }
}

fn wires(canvas: &mut Canvas, top: f32) {
    let colours = [[0.40, 0.05, 0.04], [0.50, 0.40, 0.03], [0.03, 0.26, 0.08], [0.03, 0.10, 0.42]];
    for number in 0..BREAKERS {
        let x = left_of(number) + PITCH / 2.0;
        let colour: Colour = colours[usize::from(number) % colours.len()];
        for (from, to) in [
            ((x - 16.0, top - 52.0), (x - 16.0, top + 12.0)),
            ((x + 14.0, top + HEIGHT - 8.0), (x + 14.0, top + HEIGHT + 62.0)),
        ] {
            canvas.shape(
                around(&[from, to], 10.0),
                |px, py| stroke(px, py, from, to, 7.5),
                |px, _| {
                    let facing = 1.0 - ((px - from.0) / 8.0).powi(2);
                    (colour.map(|part| part * (0.35 + 0.85 * facing.max(0.0))), 1.0)
                },
            );
        }
    }
}

fn breaker(canvas: &mut Canvas, left: f32, top: f32, state: Breaker) {
    let (body, lever): (Colour, Colour) = match state {
        Breaker::Old => ([0.62, 0.62, 0.58], [0.05, 0.05, 0.06]),
        Breaker::New => ([0.92, 0.92, 0.91], [0.02, 0.22, 0.60]),
        Breaker::Burnt => ([0.16, 0.13, 0.10], [0.012, 0.011, 0.010]),
    };
    let right = left + PITCH;
    canvas.raised([left + 3.0, top, right - 3.0, top + HEIGHT], 6.0, body);
    canvas.raised(
        [left + 3.0, top + 58.0, right - 3.0, top + HEIGHT - 58.0],
        3.0,
        body.map(|part| part * 0.95),
    );
    for screw in [top + 26.0, top + HEIGHT - 26.0] {
        let middle = (left + PITCH / 2.0, screw);
        canvas.plain(around(&[middle], 16.0), |x, y| disc(x, y, middle, 14.0), body.map(|part| part * 0.35));
        canvas.plain(
            around(&[middle], 12.0),
            |x, y| disc(x, y, middle, 10.0),
            [0.40, 0.40, 0.38].map(|part: f32| part * body[0] * 1.5),
        );
        canvas.plain(
            around(&[middle], 12.0),
            |x, y| boxed(x, y, [middle.0 - 9.0, middle.1 - 1.6, middle.0 + 9.0, middle.1 + 1.6], 0.0),
            [0.03; 3],
        );
    }
    // The lever stands up when it is on, hangs when it has tripped.
    let tripped = matches!(state, Breaker::Burnt);
    let slot = [left + 30.0, top + 70.0, right - 30.0, top + HEIGHT - 70.0];
    canvas.plain(slot, |x, y| boxed(x, y, slot, 4.0), [0.02; 3]);
    let from = if tripped { top + HEIGHT - 108.0 } else { top + 66.0 };
    canvas.raised([left + 33.0, from, right - 33.0, from + 44.0], 5.0, lever);
    if !tripped {
        canvas.wash([left + 16.0, top + HEIGHT - 66.0, right - 16.0, top + HEIGHT - 61.0], |_, _| {
            ([0.05, 0.5, 0.15], 1.0)
        });
    }
}

/// What smoke leaves: darkest at the breaker, drawn upwards.
fn soot(canvas: &mut Canvas, seed: u32, middle: (f32, f32)) {
    canvas.wash(EVERYWHERE, |x, y| {
        let above = middle.1 - y;
        let wide = 120.0 + above.max(0.0) * 0.42 + 90.0 * (rough(y / 70.0, x / 200.0, seed + 11) - 0.5);
        let aside = ((x - middle.0 - 22.0 * (above / 90.0 + 1.0).sin()) / wide).abs();
        let rise = if above > 0.0 { (-above / 620.0).exp() } else { (above / 90.0).exp() };
        let cloud = 0.75 + 1.3 * (rough(x / 70.0, y / 90.0, seed + 12) - 0.4);
        ([0.008, 0.007, 0.006], 1.15 * rise * (-aside * aside * 1.1).exp() * cloud.max(0.0))
    });
}

fn char_and_embers(canvas: &mut Canvas, seed: u32, middle: (f32, f32)) {
    let melted = |x: f32, y: f32| {
        let drip = 26.0 * smooth(x / 16.0, 0.5, seed + 21) * step(0.0, 60.0, y - middle.1);
        boxed(x, y - drip, [middle.0 - 40.0, middle.1 - 70.0, middle.0 + 40.0, middle.1 + 64.0], 22.0)
            + 22.0 * (rough(x / 26.0, y / 26.0, seed + 22) - 0.5)
    };
    canvas.shape([middle.0 - 80.0, middle.1 - 120.0, middle.0 + 80.0, middle.1 + 130.0], melted, |x, y| {
        let ash = rough(x / 9.0, y / 9.0, seed + 23);
        let pale = step(0.62, 0.80, ash) * 0.20;
        ([0.014 + pale, 0.012 + pale, 0.011 + pale], 0.97)
    });
    canvas.wash([middle.0 - 120.0, middle.1 - 120.0, middle.0 + 120.0, middle.1 + 120.0], |x, y| {
        // Plastic browns around the burn.
        let away = (x - middle.0).hypot((y - middle.1) * 0.8) / 92.0;
        let ring = (-(away - 0.85).powi(2) / 0.05).exp() * rough(x / 30.0, y / 30.0, seed + 24);
        ([0.20, 0.09, 0.025], ring * 0.85)
    });
}
