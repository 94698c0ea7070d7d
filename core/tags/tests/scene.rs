//! Photographs of our tag as a phone takes them are read, and never falsely.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use rounds_tags::{Effort, Frame, TagCode, luma_of, read_codes, scene, tag_url};

/// Photographs taken, and how many of them must be read.
const SEEDS: u64 = 50;
const LEAST_READ: u64 = 48;

#[test]
fn photographs_of_tags_are_read_with_their_true_text_and_none_with_another() {
    let mut read = 0;
    for seed in 0..SEEDS {
        let bits =
            [7, 1, 9, 3].into_iter().cycle().map(|step: u8| step.wrapping_mul(31 + seed.to_le_bytes()[0]));
        let bits: Vec<u8> = bits.take(10).collect();
        let code = TagCode::from_bits(bits.try_into().expect("ten bytes"));
        let payload = tag_url("tags.example.cn", &code).expect("an address");
        let photo = scene::photograph(&payload, seed, 1024, 768).expect("a photograph");
        // Saved as a phone saves it: what JPEG does to edges belongs to the photograph.
        let mut jpeg = Cursor::new(Vec::new());
        photo.write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, 85)).expect("a JPEG");
        let luma = luma_of(&image::load_from_memory(jpeg.get_ref()).expect("the JPEG"));
        let seen = read_codes(&Frame::of(&luma).expect("pixels"), Effort::Still);
        for one in &seen {
            assert_eq!(one.text, payload, "seed {seed} was read falsely");
        }
        if seen.is_empty() {
            println!("seed {seed}: nothing read");
        }
        read += u64::from(!seen.is_empty());
    }
    println!("{read} of {SEEDS} photographs read, none falsely");
    assert!(read >= LEAST_READ);
}

#[test]
fn the_same_seed_gives_the_same_photograph_and_another_seed_another() {
    let photograph =
        |seed| scene::photograph("HTTPS://T.CN/T/000000000000000000", seed, 160, 120).expect("a photograph");
    assert_eq!(photograph(1), photograph(1));
    assert_ne!(photograph(1), photograph(2));
}
