//! What lies ready before the curtain rises: the site as spreadsheets, the pictures, the cameras.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rounds_photos::scene::{Fault, Moment, photograph, save_photograph};
use rounds_photos::{CameraFacts, Place, TakenAt};

use super::cast::{Cast, TAG_HOST};

/// The pictures of a photographer who stands before the broken thing.
pub struct Pictures {
    /// The tag on the thing.
    pub tag: PathBuf,
    /// Before the repair, by each of the two technicians.
    pub before: [PathBuf; 2],
    /// After it.
    pub after: [PathBuf; 2],
    /// The after picture, done again.
    pub again: PathBuf,
}

/// Writes the site as the spreadsheets that `rounds import` reads.
pub fn spreadsheets(cast: &Cast, dir: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut write = |name: &str, header: &str, lines: Vec<String>| -> Result<()> {
        let path = dir.join(name);
        let mut file = fs::File::create(&path).with_context(|| format!("writing {}", path.display()))?;
        writeln!(file, "{header}")?;
        for line in lines {
            writeln!(file, "{line}")?;
        }
        files.push(path);
        Ok(())
    };
    write("sites.csv", "code,name_zh,name_en", vec!["N1,北区,North site".into()])?;
    let places = cast.places().into_iter().map(|p| format!("N1,{p},{p} 机房,Plant room {p}")).collect();
    write("locations.csv", "site,code,name_zh,name_en", places)?;
    let assets =
        cast.things.iter().map(|t| format!("N1,{},{},{},{},{},,,", t.code, t.zh, t.en, t.class, t.place));
    write("assets.csv", "site,code,name_zh,name_en,class,location,make,model,serial", assets.collect())?;
    let tags = cast.things.iter().map(|t| format!("{},N1,{},", t.tag.as_str(), t.code)).collect();
    write("tags.csv", "identifier,site,asset,location", tags)?;
    let people = cast.players().map(|p| {
        let password = if p.role == "supervisor" { cast.password.as_str() } else { "" };
        format!("{},{},{},N1,{},{password}", p.code, p.name, p.role, p.pin)
    });
    write("people.csv", "code,name,role,site,pin,password", people.to_vec())?;
    Ok(files)
}

/// Takes all the pictures, as JPEG with EXIF.
pub fn pictures(cast: &Cast, dir: &Path) -> Result<Pictures> {
    let seed = cast.picture_seed;
    let fault = match cast.trouble.scene {
        "leak" => Fault::LeakingFlange,
        "cabinet" => Fault::BurntBreaker,
        _ => Fault::CrackedGlass,
    };
    let save = |name: &str, pixels: &image::RgbImage, minute: u32, turned: u8| -> Result<PathBuf> {
        let path = dir.join(name);
        save_photograph(&path, pixels, &facts(minute, turned))
            .with_context(|| format!("writing the picture {}", path.display()))?;
        Ok(path)
    };
    let url = rounds_tags::tag_url(TAG_HOST, &cast.broken().tag)?;
    let tag = rounds_tags::scene::photograph(&url, seed, 1280, 960)?;
    let shot = |moment, nth: u64| photograph(fault, moment, seed ^ nth, 1600, 1200);
    Ok(Pictures {
        tag: save("tag.jpg", &tag, 2, 1)?,
        before: [
            save("before-1.jpg", &shot(Moment::Before, 0), 14, 6)?,
            save("before-2.jpg", &shot(Moment::Before, 1), 20, 1)?,
        ],
        after: [
            save("after-1.jpg", &shot(Moment::After, 0), 51, 1)?,
            save("after-2.jpg", &shot(Moment::After, 1), 55, 8)?,
        ],
        again: save("after-again.jpg", &shot(Moment::After, 0), 58, 6)?,
    })
}

fn facts(minute: u32, orientation: u8) -> CameraFacts {
    CameraFacts {
        taken_at: Some(TakenAt {
            local: format!("2026-03-14T02:{minute:02}:00"),
            offset: Some("+08:00".into()),
        }),
        place: Some(Place { latitude: 31.230_4, longitude: 121.473_7, accuracy: Some(12.0) }),
        orientation,
        make: Some("Rounds".into()),
        model: Some("Demo camera".into()),
        ..CameraFacts::default()
    }
}

/// A camera program that writes the picture where it is told. With `stays_open` it then makes that file
/// and stays open until somebody writes to the pipe beside it: the phone can be killed between shutter
/// and save.
pub fn camera(dir: &Path, name: &str, picture: &Path, stays_open: Option<&Path>) -> Result<PathBuf> {
    let path = dir.join(name);
    let stay = stays_open.map_or(String::new(), |mark| {
        let (pipe, mark) = (pipe_of(mark), mark.display());
        format!("mkfifo '{}'\ntouch '{mark}'\nexec cat '{}'\n", pipe.display(), pipe.display())
    });
    let script = format!("#!/bin/sh\nset -e\ncp '{}' \"$1\"\n{stay}", picture.display());
    fs::write(&path, script).with_context(|| format!("writing {}", path.display()))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    }
    Ok(path)
}

/// Lets a camera that stayed open end.
pub fn close_camera(mark: &Path) -> Result<()> {
    let pipe = pipe_of(mark);
    fs::OpenOptions::new().write(true).open(&pipe).with_context(|| format!("opening {}", pipe.display()))?;
    Ok(())
}

fn pipe_of(mark: &Path) -> PathBuf {
    mark.with_extension("pipe")
}
