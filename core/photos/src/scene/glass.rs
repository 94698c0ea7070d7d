//! A glass door in a lobby; broken, one of its panes is cracked around a hole and shards lie before it.

use rand::Rng as _;
use rand_chacha::ChaCha8Rng;

use super::paint::{Canvas, Colour, EVERYWHERE, around, stroke};
use super::texture::{grain, rough, smooth, step};

const FLOOR: f32 = 1040.0;
const PANES: [[f32; 4]; 2] = [[270.0, 110.0, 776.0, 980.0], [824.0, 110.0, 1330.0, 980.0]];

pub(super) fn paint(canvas: &mut Canvas, place: &mut ChaCha8Rng, broken: bool) {
    // Below half of u32, so that a surface may take a seed of its own by adding to it.
    let seed = place.random::<u32>() >> 1;
    let wall = [[0.50, 0.46, 0.40], [0.36, 0.40, 0.42], [0.58, 0.54, 0.46]][place.random_range(0..3)];
    let frame = [[0.10, 0.11, 0.12], [0.50, 0.51, 0.52], [0.20, 0.13, 0.08]][place.random_range(0..3)];
    let pane = PANES[place.random_range(0..PANES.len())];
    let blow = Blow {
        middle: (
            f32::midpoint(pane[0], pane[2]) + place.random_range(-70.0..70.0),
            place.random_range(380.0..600.0),
        ),
        spokes: place.random_range(13..18),
        seed,
    };

    lobby(canvas, seed, wall);
    outdoors(canvas, seed, broken);
    for each in PANES {
        reflections(canvas, each, if broken { 0.5 } else { 1.0 });
    }
    if broken {
        cracks(canvas, pane, &blow);
        hole(canvas, &blow);
    }
    door_frame(canvas, frame);
    if broken {
        shards(canvas, place, blow.middle.0);
    }
}

fn lobby(canvas: &mut Canvas, seed: u32, wall: Colour) {
    canvas.wash(EVERYWHERE, |x, y| {
        // Stone slabs on the wall.
        let joint = |at: f32, pitch: f32| ((at / pitch) - (at / pitch).round()).abs() * pitch < 2.0;
        let line = if joint(x - 100.0, 400.0) || joint(y, 300.0) { 0.55 } else { 1.0 };
        let stone =
            0.75 + 0.4 * rough(x / 130.0, y / 90.0, seed) + 0.1 * (smooth(x / 5.0, y / 5.0, seed + 1) - 0.5);
        (wall.map(|part| part * stone * line), 1.0)
    });
    canvas.wash([-100.0, FLOOR, 1700.0, 1300.0], |x, y| {
        let depth = (y - FLOOR + 50.0) / 50.0;
        let (across, along) = ((x - 800.0) / depth / 160.0, 6.0 / depth);
        let line = if (across - across.round()).abs() < 0.012 || (along - along.round()).abs() < 0.03 {
            0.6
        } else {
            1.0
        };
        // A polished floor shows the light of the door.
        let shine = step(560.0, 120.0, (x - 800.0).abs()) * (0.30 - 0.0009 * (y - FLOOR)).max(0.0);
        let stone = 0.8 + 0.4 * rough(x / 90.0, y / 30.0, seed + 7);
        ([0.30, 0.28, 0.25].map(|part| part * stone * line + shine * 0.5), 1.0)
    });
}

/// What is seen through the glass: sky, a building, hedges, a path.
fn outdoors(canvas: &mut Canvas, seed: u32, evening: bool) {
    let light = if evening { 0.62 } else { 1.0 };
    canvas.wash([262.0, 100.0, 1338.0, 990.0], |x, y| {
        let cloud = step(0.45, 0.75, rough(x / 240.0, y / 110.0, seed + 10));
        let high = 1.0 - (y - 100.0) / 620.0;
        let mut colour = [0.40 + 0.25 * cloud, 0.58 + 0.14 * cloud, 0.82]
            .map(|part: f32| part * (0.75 + 0.35 * (1.0 - high)));
        let roof = 300.0 + if x > 620.0 { 70.0 } else { 0.0 };
        if y > roof && x > 380.0 && x < 1180.0 {
            let window = |at: f32, pitch: f32, open: f32| (at / pitch).fract() * pitch < open;
            let glass =
                window(x - 380.0, 66.0, 36.0) && window(y - roof - 24.0, 84.0, 46.0) && y > roof + 24.0;
            let sunny = if x < 900.0 { 1.0 } else { 0.7 };
            colour = if glass { [0.16, 0.22, 0.30] } else { [0.56 * sunny, 0.50 * sunny, 0.43 * sunny] };
        }
        let hedge = 690.0 - 70.0 * rough(x / 80.0, 3.0, seed + 12);
        if y > hedge {
            let leaf = rough(x / 16.0, y / 13.0, seed + 13) * (0.55 + 0.5 * (780.0 - y).max(0.0) / 160.0);
            colour = [0.06 + 0.14 * leaf, 0.16 + 0.36 * leaf, 0.04 + 0.08 * leaf];
        }
        if y > 800.0 {
            let paved = 0.5 + 0.3 * rough(x / 60.0, y / 16.0, seed + 14);
            let path = step(150.0, 130.0, (x - 800.0).abs() - (y - 800.0) * 1.1);
            for (part, stone) in colour.iter_mut().zip([0.50, 0.48, 0.45]) {
                let lawn = *part * 0.9;
                *part = lawn + (stone * paved * 1.3 - lawn) * path;
            }
        }
        (colour.map(|part| part * light * 0.92), 1.0)
    });
}

/// Bands of light that say: there is glass.
fn reflections(canvas: &mut Canvas, pane: [f32; 4], strength: f32) {
    canvas.wash(pane, |x, y| {
        let along = x - pane[0] + (y - pane[1]) * 0.55;
        let band = |from: f32, to: f32| step(from, from + 12.0, along) * step(to + 12.0, to, along);
        (
            [0.95, 0.98, 1.0],
            strength
                * (0.05 + 0.24 * band(170.0, 300.0) + 0.15 * band(335.0, 372.0) + 0.12 * band(690.0, 780.0)),
        )
    });
}

/// Where the pane was struck.
struct Blow {
    middle: (f32, f32),
    spokes: u8,
    seed: u32,
}

impl Blow {
    /// Which splinter a place is in, how far from the blow, and how far from the nearest crack.
    #[expect(clippy::cast_possible_truncation, reason = "a handful of spokes and rings")]
    fn splinter(&self, x: f32, y: f32) -> (i32, i32, f32, f32) {
        let (dx, dy) = (x - self.middle.0, y - self.middle.1);
        let away = dx.hypot(dy).max(1.0);
        let bend = 0.10 * (smooth(away / 70.0, dy.atan2(dx) * 2.0, self.seed + 30) - 0.5);
        let turn =
            (dy.atan2(dx) + bend + std::f32::consts::PI) / std::f32::consts::TAU * f32::from(self.spokes);
        let pitch = std::f32::consts::TAU / f32::from(self.spokes);
        let edge =
            |number: i32| f32::from(u8::try_from(number.rem_euclid(i32::from(self.spokes))).unwrap_or(0));
        let jitter = |number: i32| 0.5 * (grain(edge(number) as i32, 7, self.seed + 31) - 0.5);
        let nearest = turn.round() as i32;
        let mut closest = f32::MAX;
        let mut spoke = 0;
        for number in nearest - 1..=nearest + 1 {
            let place = turn - (f32::from(i16::try_from(number).unwrap_or(0)) + jitter(number));
            // Every third spoke ends early.
            let reach = if number.rem_euclid(3) == 1 { 210.0 } else { f32::MAX };
            if away < reach && (place * pitch * away).abs() < closest {
                closest = (place * pitch * away).abs();
            }
            if place >= 0.0 {
                spoke = number;
            }
        }
        // Rings break at each spoke and run straight between.
        let between = (turn - turn.floor() - 0.5) * pitch;
        let shift = 0.32 * grain(spoke, 3, self.seed + 32);
        let ring = ((away * between.cos()) / 62.0).max(1.0).log2() * 1.9 + shift;
        let ring_away = (ring - ring.round()).abs() / 1.9 * away * 0.69;
        if away < 330.0 && ring.round() >= 1.0 && grain(spoke, ring.round() as i32, self.seed + 33) > 0.25 {
            closest = closest.min(ring_away);
        }
        (spoke, ring as i32, away, closest)
    }
}

fn cracks(canvas: &mut Canvas, pane: [f32; 4], blow: &Blow) {
    canvas.wash(pane, |x, y| {
        let (spoke, ring, away, _) = blow.splinter(x, y);
        // Splinters tilt a little and catch other light.
        let tilt = grain(spoke, ring, blow.seed + 34) - 0.45;
        let near = (-away / 300.0).exp();
        if tilt > 0.0 {
            ([0.9, 0.95, 1.0], 0.45 * tilt * near)
        } else {
            ([0.02, 0.03, 0.04], -0.8 * tilt * near)
        }
    });
    canvas.wash(pane, |x, y| {
        let (_, _, away, crack) = blow.splinter(x, y);
        let width = 1.1 + 2.2 * (-away / 170.0).exp();
        ([0.96, 0.98, 1.0], step(width + 1.2, width - 0.6, crack) * (0.45 + 0.5 * (-away / 420.0).exp()))
    });
    canvas.wash(pane, |x, y| {
        let (_, _, away, crack) = blow.splinter(x - 2.5, y - 2.5);
        ([0.01, 0.015, 0.02], step(2.4, 0.6, crack) * 0.5 * (-away / 500.0).exp())
    });
}

/// The missing piece: what is behind it is seen without the glass's veil, darker, with a bright broken rim.
fn hole(canvas: &mut Canvas, blow: &Blow) {
    let middle = blow.middle;
    let edge = |x: f32, y: f32| {
        let (dx, dy) = (x - middle.0, y - middle.1);
        let turn = dy.atan2(dx) / std::f32::consts::TAU * 11.0;
        let corner = |number: f32| 40.0 + 62.0 * smooth(number, 0.5, blow.seed + 40);
        let from = corner(turn.rem_euclid(11.0).floor());
        let to = corner((turn.rem_euclid(11.0).floor() + 1.0).rem_euclid(11.0));
        let part = turn.rem_euclid(1.0);
        dx.hypot(dy) - (from + (to - from) * part)
    };
    let bounds = around(&[middle], 120.0);
    canvas.plain(bounds, |x, y| edge(x, y) - 4.0, [0.92, 0.97, 0.98]);
    canvas.shape(bounds, edge, |x, y| {
        let inner = step(0.0, -34.0, edge(x, y));
        ([0.035 + 0.02 * inner, 0.045 + 0.03 * inner, 0.05 + 0.03 * inner], 1.0)
    });
}

fn door_frame(canvas: &mut Canvas, frame: Colour) {
    let outer = [[222.0, 60.0, 1378.0, 114.0], [222.0, 976.0, 1378.0, FLOOR + 6.0]];
    for bounds in outer {
        canvas.raised(bounds, 3.0, frame);
    }
    for (left, right) in [(222.0, 276.0), (770.0, 799.0), (801.0, 830.0), (1324.0, 1378.0)] {
        canvas.raised([left, 62.0, right, FLOOR + 4.0], 3.0, frame);
    }
    for x in [742.0, 858.0] {
        let (top, bottom) = ((x, 500.0), (x, 700.0));
        canvas.shadow([x - 9.0, 500.0, x + 9.0, 700.0], 9.0, 8.0);
        canvas.shape(
            around(&[top, bottom], 14.0),
            |px, py| stroke(px, py, top, bottom, 10.0),
            |px, _| {
                let facing = 1.0 - ((px - x + 3.0) / 11.0).powi(2);
                ([0.25 + 0.6 * facing.max(0.0); 3], 1.0)
            },
        );
    }
}

fn shards(canvas: &mut Canvas, place: &mut ChaCha8Rng, under: f32) {
    for _ in 0..26 {
        let middle =
            (under + place.random_range(-1.0..1.0_f32).powi(3) * 420.0, place.random_range(1062.0..1165.0));
        let size = place.random_range(7.0..34.0);
        let (lean, light) = (place.random_range(-0.8..0.8_f32), place.random_range(0.35..0.95));
        // A splinter lying flat: three edges, low and wide.
        let distance = move |x: f32, y: f32| {
            let (dx, dy) = ((x - middle.0) / size, (y - middle.1) / size * 2.6);
            let turned = (dx * lean.cos() - dy * lean.sin(), dx * lean.sin() + dy * lean.cos());
            (turned.1 - 0.45)
                .max(turned.0 * 0.86 - turned.1 * 0.5 - 0.45)
                .max(-turned.0 * 0.97 - turned.1 * 0.25 - 0.45)
                * size
                * 0.4
        };
        let shadow_of = move |x: f32, y: f32| distance(x - 3.0, y - 4.0);
        canvas.shape(around(&[middle], 60.0), shadow_of, |_, _| ([0.02; 3], 0.6));
        canvas.shape(around(&[middle], 60.0), distance, |x, y| {
            let rim = step(-2.2, -0.4, distance(x, y));
            ([light * 0.75 + rim * 0.4, light * 0.88 + rim * 0.4, light * 0.9 + rim * 0.4], 0.72 + 0.25 * rim)
        });
    }
}
