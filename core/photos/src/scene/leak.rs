//! A pipe on the wall of a plant room, with flange, gauge and valve; broken, it leaks at the flange.

use rand::Rng as _;
use rand_chacha::ChaCha8Rng;

use super::paint::{Canvas, Colour, EVERYWHERE, around, boxed, disc, ellipse, stroke};
use super::texture::{rough, smooth, step};

const FLOOR: f32 = 900.0;
const AXIS: f32 = 470.0;
const RADIUS: f32 = 80.0;

pub(super) fn paint(canvas: &mut Canvas, place: &mut ChaCha8Rng, broken: bool) {
    // Below half of u32, so that a surface may take a seed of its own by adding to it.
    let seed = place.random::<u32>() >> 1;
    let flange = place.random_range(690.0..860.0);
    let walls = [
        ([0.68, 0.66, 0.58], [0.16, 0.34, 0.27]),
        ([0.66, 0.68, 0.68], [0.14, 0.27, 0.42]),
        ([0.70, 0.64, 0.50], [0.36, 0.31, 0.24]),
    ];
    let (upper, dado) = walls[place.random_range(0..walls.len())];
    let pipes = [[0.05, 0.30, 0.14], [0.04, 0.20, 0.46], [0.42, 0.44, 0.45], [0.46, 0.07, 0.05]];
    let pipe = pipes[place.random_range(0..pipes.len())];

    room(canvas, seed, upper, dado);
    if broken {
        wet_wall(canvas, seed, flange);
    }
    strut(canvas, 330.0);
    strut(canvas, 1340.0);
    pipe_run(canvas, seed, pipe);
    valve(canvas, flange + 400.0, pipe);
    gauge(canvas, flange - 330.0, broken);
    flange_pair(canvas, flange, pipe, broken);
    if broken {
        rust(canvas, seed, flange);
        puddle(canvas, seed, flange);
        jets(canvas, flange, place);
    }
}

fn room(canvas: &mut Canvas, seed: u32, upper: Colour, dado: Colour) {
    canvas.wash(EVERYWHERE, |x, y| {
        let uneven =
            0.80 + 0.3 * rough(x / 420.0, y / 420.0, seed) + 0.05 * smooth(x / 4.0, y / 4.0, seed + 9);
        let paint = if y < 600.0 { upper } else { dado };
        let stripe = if (y - 600.0).abs() < 5.0 { 0.45 } else { 1.0 };
        (paint.map(|part| part * uneven * stripe), 1.0)
    });
    canvas.wash([-100.0, FLOOR, 1700.0, 1300.0], |x, y| {
        // Tiles seen at a slant: they grow towards the camera.
        let depth = (y - FLOOR + 60.0) / 60.0;
        let across = (x - 800.0) / depth / 190.0;
        let along = 7.0 / depth;
        let joint = |at: f32, width: f32| (at - at.round()).abs() < width;
        let line = if joint(across, 0.010) || joint(along, 0.018 * (1.0 + 4.0 / depth)) { 0.6 } else { 1.0 };
        let worn = 0.72 + 0.5 * rough(x / 160.0, y / 60.0, seed + 20);
        let wall_shade = step(0.0, 60.0, y - FLOOR) * 0.5 + 0.5;
        ([0.33, 0.33, 0.31].map(|part| part * line * worn * wall_shade), 1.0)
    });
    canvas.raised([-100.0, FLOOR - 46.0, 1700.0, FLOOR + 4.0], 2.0, [0.12, 0.12, 0.12]);
}

fn strut(canvas: &mut Canvas, x: f32) {
    canvas.raised([x - 20.0, AXIS + 40.0, x + 20.0, FLOOR + 14.0], 3.0, [0.20, 0.21, 0.22]);
    canvas.raised([x - 58.0, FLOOR + 4.0, x + 58.0, FLOOR + 24.0], 4.0, [0.17, 0.18, 0.19]);
}

/// Light on a cylinder that lies across: `at` is −1 on its upper edge and 1 on its lower.
fn round(at: f32) -> (f32, f32) {
    let facing = (1.0 - at * at).max(0.0).sqrt();
    let diffuse = 0.22 + 0.75 * (facing * 0.55 - at * 0.75).max(0.0);
    let shine = (-(at + 0.52).powi(2) / 0.012).exp() * 0.5;
    (diffuse, shine)
}

fn pipe_run(canvas: &mut Canvas, seed: u32, pipe: Colour) {
    canvas.shadow([-100.0, AXIS - RADIUS, 1700.0, AXIS + RADIUS], 0.0, 34.0);
    canvas.wash([-100.0, AXIS - RADIUS, 1700.0, AXIS + RADIUS], |x, y| {
        let (diffuse, shine) = round((y - AXIS) / RADIUS);
        let coat = 0.9 + 0.2 * rough(x / 60.0, y / 40.0, seed + 30);
        (pipe.map(|part| part * diffuse * coat + shine * 0.5), 1.0)
    });
    for clamp in [330.0, 1340.0] {
        canvas.wash([clamp - 24.0, AXIS - RADIUS - 6.0, clamp + 24.0, AXIS + RADIUS + 6.0], |x, y| {
            let (diffuse, shine) = round((y - AXIS) / (RADIUS + 6.0));
            let edge = if (x - clamp).abs() > 21.0 { 0.6 } else { 1.0 };
            ([0.42, 0.43, 0.44].map(|part| part * diffuse * edge + shine * 0.6), 1.0)
        });
    }
}

fn flange_pair(canvas: &mut Canvas, middle: f32, pipe: Colour, broken: bool) {
    let reach = RADIUS + 52.0;
    for (left, right) in [(middle - 46.0, middle - 7.0), (middle + 7.0, middle + 46.0)] {
        canvas.shadow([left, AXIS - reach, right, AXIS + reach], 5.0, 16.0);
        canvas.shape(
            [left, AXIS - reach, right, AXIS + reach],
            |x, y| boxed(x, y, [left, AXIS - reach, right, AXIS + reach], 5.0),
            |x, y| {
                let (diffuse, shine) = round((y - AXIS) / reach);
                let edge = if x - left < 4.0 {
                    1.35
                } else if right - x < 4.0 {
                    0.6
                } else {
                    1.0
                };
                (pipe.map(|part| part * diffuse * edge + shine * 0.4), 1.0)
            },
        );
    }
    let gasket = if broken { [0.03, 0.02, 0.02] } else { [0.05, 0.20, 0.55] };
    canvas.wash([middle - 7.0, AXIS - reach + 8.0, middle + 7.0, AXIS + reach - 8.0], |_, y| {
        let (diffuse, _) = round((y - AXIS) / reach);
        (gasket.map(|part| part * (0.4 + diffuse)), 1.0)
    });
    let steel = if broken { [0.16, 0.09, 0.05] } else { [0.74, 0.75, 0.77] };
    for down in [-104.0, -44.0, 44.0, 104.0] {
        let y = AXIS + down;
        let (diffuse, _) = round(down / reach);
        let lit = steel.map(|part| part * (0.35 + diffuse));
        canvas.wash([middle - 66.0, y - 7.0, middle + 66.0, y + 7.0], |_, at| {
            let (thread, _) = round((at - y) / 7.0);
            (lit.map(|part| part * (0.3 + thread)), 1.0)
        });
        for side in [middle - 60.0, middle + 60.0] {
            canvas.raised([side - 14.0, y - 16.0, side + 14.0, y + 16.0], 4.0, lit);
        }
    }
}

fn valve(canvas: &mut Canvas, middle: f32, pipe: Colour) {
    let wheel = [0.55, 0.04, 0.03];
    canvas.shadow([middle - 95.0, AXIS - 110.0, middle + 95.0, AXIS + 110.0], 60.0, 20.0);
    canvas.shape(
        [middle - 110.0, AXIS - 115.0, middle + 110.0, AXIS + 115.0],
        |x, y| ellipse(x, y, (middle, AXIS), (105.0, 110.0)),
        |_, y| {
            let (diffuse, shine) = round((y - AXIS) / 112.0);
            (pipe.map(|part| part * diffuse * 0.9 + shine * 0.35), 1.0)
        },
    );
    for (half, top, bottom) in [
        (46.0, AXIS - 170.0, AXIS - 90.0),
        (62.0, AXIS - 186.0, AXIS - 164.0),
        (12.0, AXIS - 290.0, AXIS - 180.0),
    ] {
        canvas.wash([middle - half, top, middle + half, bottom], |x, _| {
            let (diffuse, shine) = round((x - middle) / half);
            ([0.34, 0.35, 0.36].map(|part| part * diffuse * 1.3 + shine * 0.4), 1.0)
        });
    }
    let hub = (middle, AXIS - 285.0);
    for (dx, dy) in [(-104.0, 0.0), (104.0, 0.0), (-52.0, 24.0), (52.0, 24.0), (-50.0, -24.0), (50.0, -24.0)]
    {
        let end = (hub.0 + dx, hub.1 + dy);
        canvas.plain(
            around(&[hub, end], 8.0),
            |x, y| stroke(x, y, hub, end, 5.5),
            wheel.map(|part| part * 0.7),
        );
    }
    canvas.shape(
        around(&[hub], 140.0),
        |x, y| (ellipse(x, y, hub, (118.0, 31.0)) + 1.0).abs() - 8.0,
        |_, y| {
            let lit = if y > hub.1 { 1.0 } else { 0.55 };
            (wheel.map(|part| part * lit + 0.02), 1.0)
        },
    );
    canvas.plain(around(&[hub], 20.0), |x, y| ellipse(x, y, hub, (18.0, 9.0)), [0.5, 0.5, 0.5]);
}

fn gauge(canvas: &mut Canvas, x: f32, broken: bool) {
    let middle = (x, AXIS - RADIUS - 96.0);
    canvas.raised([x - 9.0, middle.1, x + 9.0, AXIS - RADIUS + 6.0], 2.0, [0.50, 0.38, 0.16]);
    canvas.shadow([x - 58.0, middle.1 - 58.0, x + 58.0, middle.1 + 58.0], 58.0, 12.0);
    canvas.plain(around(&[middle], 64.0), |x, y| disc(x, y, middle, 62.0), [0.08, 0.08, 0.09]);
    canvas.plain(around(&[middle], 56.0), |x, y| disc(x, y, middle, 53.0), [0.85, 0.85, 0.82]);
    canvas.shape(
        around(&[middle], 56.0),
        |x, y| (disc(x, y, middle, 43.0)).abs() - 4.5,
        |px, py| {
            let turn = (px - middle.0).atan2(middle.1 - py);
            let colour = if turn < -1.2 { [0.6, 0.05, 0.03] } else { [0.05, 0.42, 0.12] };
            (colour, if turn.abs() < 2.3 { 1.0 } else { 0.0 })
        },
    );
    let turn: f32 = if broken { -1.9 } else { 0.35 };
    let tip = (middle.0 + turn.sin() * 40.0, middle.1 - turn.cos() * 40.0);
    canvas.plain(around(&[middle, tip], 6.0), |x, y| stroke(x, y, middle, tip, 2.6), [0.02; 3]);
    canvas.plain(around(&[middle], 8.0), |x, y| disc(x, y, middle, 6.5), [0.02; 3]);
}

fn wet_wall(canvas: &mut Canvas, seed: u32, flange: f32) {
    canvas.wash([flange - 330.0, AXIS, flange + 330.0, FLOOR], |x, y| {
        let wide = 90.0 + (y - AXIS) * 0.36 + 70.0 * (rough(y / 90.0, x / 50.0, seed + 40) - 0.5);
        let run = smooth(x / 13.0, y / 500.0, seed + 41);
        let wet = step(wide + 30.0, wide - 30.0, (x - flange).abs());
        ([0.055, 0.045, 0.03], wet * (0.5 + 0.42 * run))
    });
}

fn rust(canvas: &mut Canvas, seed: u32, flange: f32) {
    canvas.wash([flange - 260.0, AXIS - 140.0, flange + 260.0, AXIS + 140.0], |x, y| {
        let away = ((x - flange) / 190.0).hypot((y - AXIS) / 190.0);
        let on_pipe = if (x - flange).abs() < 47.0 { 131.0 } else { RADIUS };
        let patch = step(0.36, 0.60, rough(x / 34.0, y / 28.0, seed + 50) + 0.20 - away * 0.42);
        let (diffuse, _) = round((y - AXIS) / on_pipe);
        let tone = rough(x / 12.0, y / 12.0, seed + 51);
        let colour =
            [0.30 + 0.28 * tone, 0.10 + 0.12 * tone, 0.025 + 0.03 * tone].map(|part| part * (0.35 + diffuse));
        let there = if (y - AXIS).abs() < on_pipe { 1.0 } else { 0.0 };
        (colour, patch * there * 0.94)
    });
    // Brown runs below the flange, on pipe and wall.
    canvas.wash([flange - 120.0, AXIS + 60.0, flange + 120.0, FLOOR - 40.0], |x, y| {
        let run = step(0.56, 0.78, smooth(x / 11.0, y / 900.0, seed + 52));
        let fade = step(360.0, 40.0, y - AXIS - 60.0) * step(120.0, 50.0, (x - flange).abs());
        ([0.26, 0.11, 0.03], run * fade * 0.85)
    });
}

fn puddle(canvas: &mut Canvas, seed: u32, flange: f32) {
    let middle = (flange + 20.0, 1052.0);
    let shore = |x: f32, y: f32| {
        ellipse(x, y, middle, (470.0, 118.0)) + 80.0 * (rough(x / 130.0, y / 45.0, seed + 60) - 0.5)
    };
    canvas.shape([middle.0 - 560.0, FLOOR + 8.0, middle.0 + 560.0, 1190.0], shore, |x, y| {
        let depth = (-shore(x, y) / 14.0).clamp(0.0, 1.0);
        // The wall, pipe and light stand on their heads in it, broken by ripples.
        let from_drop = (x - flange).hypot((y - 1030.0) * 3.2);
        let ripple = (from_drop / 11.0).sin() * (-from_drop / 230.0).exp();
        let mirrored = 2.0 * FLOOR - y + 22.0 * ripple + 14.0 * (smooth(x / 40.0, y / 6.0, seed + 61) - 0.5);
        let pipe = step(70.0, 40.0, (mirrored - 815.0).abs());
        let sky = 0.20 + 0.40 * step(0.15, 0.9, ripple) + 0.06 * smooth(x / 160.0, y / 30.0, seed + 62);
        let light = sky * (1.0 - 0.62 * pipe);
        let rim = step(0.9, 0.1, depth) * 0.10;
        ([light * 0.52 + rim, light * 0.60 + rim, light * 0.68 + rim], 0.45 + 0.5 * depth)
    });
}

fn jets(canvas: &mut Canvas, flange: f32, place: &mut ChaCha8Rng) {
    for _ in 0..34 {
        let start = (flange + place.random_range(-7.0..7.0), AXIS + place.random_range(70.0..130.0));
        let thrown = place.random_range(-1.0..1.0_f32).powi(3) * 240.0;
        let (fine, lands) = (place.random_range(0.7..2.4), place.random_range(1000.0..1090.0));
        let (begins, ends) = (place.random_range(0.0..0.35), place.random_range(0.55..1.0));
        let mut from = start;
        for piece in 1..=24_u8 {
            let part = f32::from(piece) / 24.0;
            let to = (start.0 + thrown * part, start.1 + (lands - start.1) * part * part);
            // Water tears into threads: each piece shows as much as chance has it.
            let cover = if (begins..ends).contains(&part) { place.random_range(0.1..0.6) } else { 0.0 };
            canvas.shape(
                around(&[from, to], 6.0),
                |x, y| stroke(x, y, from, to, fine),
                |_, _| ([0.80, 0.88, 0.95], cover),
            );
            from = to;
        }
        for _ in 0..3 {
            let splash =
                (start.0 + thrown + place.random_range(-60.0..60.0), lands - place.random_range(0.0..46.0));
            let drop = place.random_range(0.8..2.6);
            canvas.shape(
                around(&[splash], 7.0),
                |x, y| disc(x, y, splash, drop),
                |_, _| ([0.78, 0.86, 0.92], 0.7),
            );
        }
    }
}
