//! What is drawn is read again, however the pixels stand; pixels that are no frame are refused.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "sizes of small test pictures"
)]

use image::{DynamicImage, GrayImage, Luma, imageops};
use rounds_tags::{
    Effort, Frame, FrameError, TagCode, draw, draw_png, draw_svg, luma_of, read_codes, tag_url,
};

fn payload(number: u8) -> String {
    tag_url("t.example.cn", &TagCode::from_bits([number; 10])).unwrap()
}

fn drawn(payload: &str, pixels_per_module: u32) -> GrayImage {
    draw(payload).unwrap().luma(pixels_per_module).unwrap()
}

fn texts(picture: &GrayImage) -> Vec<String> {
    let mut texts: Vec<String> =
        read_codes(&Frame::of(picture).unwrap(), Effort::Still).into_iter().map(|seen| seen.text).collect();
    texts.sort();
    texts
}

#[test]
fn a_drawn_tag_is_read_in_every_turn_mirrored_and_inverted() {
    let payload = payload(7);
    let picture = drawn(&payload, 4);
    let mut inverted = picture.clone();
    imageops::invert(&mut inverted);
    for (name, way) in [
        ("upright", picture.clone()),
        ("90°", imageops::rotate90(&picture)),
        ("180°", imageops::rotate180(&picture)),
        ("270°", imageops::rotate270(&picture)),
        ("mirrored", imageops::flip_horizontal(&picture)),
        ("inverted", inverted),
    ] {
        assert_eq!(texts(&way), [payload.as_str()], "{name}");
    }
}

#[test]
fn a_tag_is_read_in_a_preview_frame_with_padding_after_each_row() {
    let payload = payload(9);
    let picture = drawn(&payload, 3);
    let (width, height) = picture.dimensions();
    let stride = width as usize + 64;
    let mut plane = vec![128; stride * height as usize - 64];
    for (y, row) in picture.as_raw().chunks(width as usize).enumerate() {
        plane[y * stride..][..width as usize].copy_from_slice(row);
    }
    let seen = read_codes(&Frame::new(&plane, width, height, stride).unwrap(), Effort::Preview);
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].bytes, payload.as_bytes());
    assert!(
        seen[0]
            .points
            .iter()
            .all(|[x, y]| (0.0..width as f32).contains(x) && (0.0..height as f32).contains(y))
    );
}

#[test]
fn two_tags_in_one_picture_are_both_read_where_they_stand() {
    let (first, second) = (drawn(&payload(1), 5), drawn(&payload(2), 5));
    let mut picture = GrayImage::from_pixel(first.width() * 2 + 300, first.height() + 200, Luma([200]));
    imageops::replace(&mut picture, &first, 50, 40);
    imageops::replace(&mut picture, &second, i64::from(first.width()) + 200, 120);
    let seen = read_codes(&Frame::of(&picture).unwrap(), Effort::Still);
    let mut at: Vec<(String, bool)> =
        seen.iter().map(|one| (one.text.clone(), one.points[0][0] > picture.width() as f32 / 2.0)).collect();
    at.sort();
    assert_eq!(at, [(payload(1), false), (payload(2), true)]);
}

#[test]
fn a_tag_small_in_a_large_picture_is_read_at_full_size() {
    let tag = drawn(&payload(3), 3);
    let mut picture = GrayImage::from_pixel(4000, 3000, Luma([190]));
    imageops::replace(&mut picture, &tag, 2900, 2100);
    let seen = read_codes(&Frame::of(&picture).unwrap(), Effort::Still);
    assert_eq!(seen.iter().map(|one| one.text.as_str()).collect::<Vec<_>>(), [payload(3)]);
    assert!(seen[0].points.iter().all(|[x, y]| (2900.0..3100.0).contains(x) && (2100.0..2300.0).contains(y)));
}

#[test]
fn text_in_chinese_is_read_back_as_it_was_written() {
    assert_eq!(texts(&drawn("二号泵房 · 给水泵 A", 4)), ["二号泵房 · 给水泵 A"]);
}

#[test]
fn pictures_without_a_code_show_nothing() {
    let noise =
        GrayImage::from_fn(640, 480, |x, y| Luma([(x.wrapping_mul(7919) ^ y.wrapping_mul(104_729)) as u8]));
    for picture in
        [GrayImage::new(640, 480), noise, GrayImage::new(1, 1), GrayImage::new(3, 2000), GrayImage::new(7, 7)]
    {
        assert_eq!(texts(&picture), Vec::<String>::new());
    }
}

#[test]
fn pixels_that_are_no_frame_are_refused() {
    let pixels = [0; 100];
    assert_eq!(Frame::new(&pixels, 0, 10, 10).err(), Some(FrameError::NoPixels { width: 0, height: 10 }));
    assert_eq!(
        Frame::new(&pixels, 10, 5, 9).err(),
        Some(FrameError::StrideTooShort { width: 10, stride: 9 })
    );
    let short = FrameError::TooFewBytes { width: 10, height: 11, needed: 110, given: 100 };
    assert_eq!(Frame::new(&pixels, 10, 11, 10).err(), Some(short));
    assert!(Frame::new(&pixels, u32::MAX, u32::MAX, usize::MAX).is_err());
    assert!(Frame::new(&pixels, 10, 10, 10).is_ok());
}

#[test]
fn the_png_and_the_svg_are_the_same_symbol_with_its_quiet_zone() {
    let payload = payload(5);
    let symbol = draw(&payload).unwrap();
    let png = image::load_from_memory(&draw_png(&payload, 2).unwrap()).unwrap().into_luma8();
    assert_eq!(png.width(), (symbol.modules() + 8) * 2);
    assert!((0..8).all(|quiet| (0..png.width()).all(|x| png.get_pixel(x, quiet).0[0] == 255)));
    let svg = draw_svg(&payload).unwrap();
    let runs = svg.split("v1h-").skip(1).filter_map(|rest| rest.split_once('z'));
    let dark_in_svg: usize = runs.map(|(run, _)| run.parse::<usize>().expect("a run's length")).sum();
    let dark = png.pixels().filter(|pixel| pixel.0[0] == 0).count() / 4;
    assert_eq!(dark_in_svg, dark);
    assert!(svg.contains(&format!("viewBox=\"0 0 {0} {0}\"", symbol.modules() + 8)));
}

#[test]
fn a_text_no_symbol_holds_and_a_senseless_scale_are_refused() {
    assert!(draw(&"A".repeat(20_000)).unwrap_err().to_string().contains("20000 bytes"));
    assert!(draw_png("A", 0).is_err() && draw_png("A", 65).is_err());
}

#[test]
fn a_code_drawn_on_nothing_stands_on_white() {
    let drawn = DynamicImage::from(drawn(&payload(6), 4)).into_rgba8();
    let on_nothing = image::RgbaImage::from_fn(drawn.width(), drawn.height(), |x, y| {
        if drawn.get_pixel(x, y).0[0] == 0 { image::Rgba([0, 0, 0, 255]) } else { image::Rgba([0, 0, 0, 0]) }
    });
    assert_eq!(texts(&luma_of(&DynamicImage::from(on_nothing))), [payload(6)]);
}
