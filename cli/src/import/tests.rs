//! A file goes in whole or not at all.

use std::path::PathBuf;

use rounds_model::Kind;
use rounds_server::{Core, Outside};

use super::{Imported, Rows, import_file};

struct Desk {
    dir: tempfile::TempDir,
    core: Core,
}

impl Desk {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let core = Core::open(&dir.path().join("server"), Outside::real()).expect("opens");
        Self { dir, core }
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, text).expect("writes");
        path
    }

    fn import(&self, name: &str, text: &str) -> Result<Imported, String> {
        import_file(&self.core, &self.file(name, text)).map_err(|e| e.to_string())
    }

    fn count(&self, kind: &Kind) -> usize {
        self.core.documents(&self.core.operator(), kind).expect("reads").len()
    }
}

#[test]
fn a_plant_comes_in_file_by_file() {
    let desk = Desk::new();
    let rows = |what, rows| Ok(Imported { what, rows });
    assert_eq!(desk.import("s.csv", "\u{feff}code,name_zh,name_en\nA,厂,Plant\n"), rows(Rows::Sites, 1));
    assert_eq!(desk.import("l.csv", "site,code,name_zh\nA,B2-F1,地下二层\n"), rows(Rows::Locations, 1));
    let assets = "site,code,name_en,class,location\nA,P-1,Pump 1,pump,B2-F1\nA,P-2,\"Pump, spare\",pump,\n";
    assert_eq!(desk.import("a.csv", assets), rows(Rows::Assets, 2));
    let tags = "identifier,site,asset,location\nHTTPS://T.EX/T/1,A,P-1,\nroom,A,,B2-F1\n";
    assert_eq!(desk.import("t.csv", tags), rows(Rows::Tags, 2));
    let people = "code,name,role,site,pin,password\nwang,Wang,technician,A,2580,\n\
                  chen,Chen,supervisor,A,1357,correct horse\nchen,Chen,admin,,,\n";
    assert_eq!(desk.import("p.csv", people), rows(Rows::People, 2));
    let signed_in = desk.core.console_sign_in("chen", "correct horse").expect("answers");
    assert!(matches!(signed_in, rounds_server::ConsoleSignIn::Admitted { .. }));
}

#[test]
fn a_bad_row_is_named_by_line_and_reason_and_nothing_of_its_file_is_in() {
    let desk = Desk::new();
    desk.import("s.csv", "code,name_zh,name_en\nA,厂,Plant\n").expect("a site");
    let header = "site,code,name_zh,name_en,class,location,make,model,serial\n";
    let bad = [
        ("A,P-1,,Pump,pump,,,,\nB,P-2,,Pump,pump,,,,\n", ":3: there is no site “B”"),
        ("A,P-1,,Pump,pump,,,,\nA,P-2,,,pump,,,,\n", ":3: “name_zh” and “name_en” are both empty"),
        ("A,P-1,,Pump,,,,,\n", ":2: “class” is empty"),
        ("A,P-1,,Pump,pump,ROOF,,,\n", ":2: there is no location “ROOF” at site A"),
        ("A,P-1,,Pump,pump,,,,\nA,P-1,,Pump,pump,,,,\n", ":3: there is one already (code)"),
        ("A,P-1,,Pump,pump\n", ":2: CSV error"),
    ];
    for (rows, expected) in bad {
        let said = desk.import("a.csv", &format!("{header}{rows}")).expect_err("a bad row");
        assert!(said.contains(expected) && said.contains("nothing of this file was added"), "{said}");
        assert_eq!(desk.count(&Kind::Asset), 0, "{said}");
    }
    let people = "code,name,role,site,pin,password\n";
    for (rows, expected) in [
        ("w,Wang,plumber,A,2580,\n", ":2: “plumber” is no role"),
        ("w,Wang,guard,A,12,\n", ":2: “pin” is not 4 to 8 digits"),
        ("w,Wang,guard,A,2580,\nw,Wong,admin,,,\n", ":3: line 2 gives “w” another name, Wang"),
    ] {
        let said = desk.import("p.csv", &format!("{people}{rows}")).expect_err("a bad row");
        assert!(said.contains(expected), "{said}");
        assert_eq!(desk.count(&Kind::Person), 0);
    }
}

#[test]
fn a_header_that_tells_nothing_is_refused() {
    let desk = Desk::new();
    let said = desk.import("x.csv", "colour,size\nred,3\n").expect_err("no kind");
    assert!(said.contains("its header tells no kind of rows"), "{said}");
    let said = desk.import("s.csv", "code,name_en,owner\nA,Plant,me\n").expect_err("an odd column");
    assert!(said.contains("its column “owner” is not known for sites"), "{said}");
    let said = import_file(&desk.core, &desk.dir.path().join("none.csv")).expect_err("no file").to_string();
    assert!(said.contains("none.csv: cannot be read"), "{said}");
}
