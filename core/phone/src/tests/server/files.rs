//! Uploads by tus, hashed whole before they count as stored.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rounds_model::doc::body_of;
use rounds_model::things::Evidence;
use rounds_model::{DocRef, Id, Kind, Millis};
use rounds_protocol::Hash;
use rounds_protocol::files::{Missing, MissingAnswer, MissingRequest, MissingWhy, NamedFile};
use rounds_protocol::wire::Answer;

use super::{Server, State, id, page};
use crate::outside::{Request, Response};

#[derive(Clone, Default)]
pub(super) struct Upload {
    length: usize,
    bytes: Vec<u8>,
    evidence: Option<Id>,
    grade: String,
    metadata: String,
}

impl Server {
    /// The file the server holds of a picture.
    pub fn has_file(&self, evidence: &str, grade: &str) -> bool {
        self.with(|state| {
            state.uploads.values().any(|u| {
                u.grade == grade
                    && u.evidence.is_some_and(|e| e.to_string() == evidence)
                    && u.bytes.len() == u.length
            })
        })
    }
}

impl State {
    pub(super) fn file(&mut self, request: &Request) -> Response {
        let header = |name: &str| request.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
        let tus = |status: u16, offset: usize, location: Option<String>| {
            let mut headers = vec![
                ("tus-resumable".to_owned(), "1.0.0".to_owned()),
                ("upload-offset".to_owned(), offset.to_string()),
            ];
            headers.extend(location.map(|url| ("location".to_owned(), url)));
            Response { status, headers, body: Vec::new() }
        };
        let fits = |body: &[u8]| {
            header("upload-checksum") == Some(&format!("sha256 {}", STANDARD.encode(Hash::of(body).0)))
        };
        self.uploaded_bytes += request.body.len();
        match request.method {
            "POST" => {
                assert!(fits(&request.body), "the first chunk has its checksum");
                let meta: HashMap<String, String> = header("upload-metadata")
                    .expect("metadata")
                    .split(',')
                    .filter_map(|pair| pair.split_once(' '))
                    .map(|(key, value)| {
                        (
                            key.to_owned(),
                            String::from_utf8(STANDARD.decode(value).expect("base64")).expect("text"),
                        )
                    })
                    .collect();
                if self.refuses_grade.is_some_and(|grade| meta["grade"] == grade) {
                    return page(422);
                }
                let url = format!("/v1/files/{}", self.uploads.len());
                let upload = Upload {
                    length: header("upload-length").and_then(|l| l.parse().ok()).expect("a length"),
                    bytes: request.body.clone(),
                    evidence: meta["evidence"].parse().ok(),
                    grade: meta["grade"].clone(),
                    metadata: header("upload-metadata").expect("metadata").to_owned(),
                };
                let offset = upload.bytes.len();
                self.uploads.insert(url.clone(), upload.clone());
                self.maybe_stored(&upload);
                tus(201, offset, Some(url))
            }
            "HEAD" => match self.uploads.get(&request.path) {
                Some(upload) => {
                    let mut response = tus(200, upload.bytes.len(), None);
                    response.headers.push(("upload-metadata".to_owned(), upload.metadata.clone()));
                    response
                }
                None => page(404),
            },
            "PATCH" => {
                let Some(upload) = self.uploads.get_mut(&request.path) else { return page(404) };
                let offset: usize = header("upload-offset").and_then(|o| o.parse().ok()).expect("an offset");
                if offset != upload.bytes.len() {
                    return tus(409, upload.bytes.len(), None);
                }
                assert!(fits(&request.body), "every chunk has its checksum");
                upload.bytes.extend(&request.body);
                let upload = upload.clone();
                self.maybe_stored(&upload);
                tus(204, upload.bytes.len(), None)
            }
            _ => page(404),
        }
    }

    /// Which of these are not here, whole.
    pub(super) fn missing(&self, asked: &MissingRequest) -> Answer {
        let is_here = |file: &NamedFile| {
            self.uploads.values().any(|upload| {
                upload.evidence == Some(file.evidence) && Hash::of(&upload.bytes).to_string() == file.sha256
            })
        };
        let absent = (0..).zip(&asked.files).filter(|(_, file)| !is_here(file));
        Answer::Missing(MissingAnswer {
            server_epoch: id("epoch"),
            server_time: Millis(1_700_000_100_000 + self.later),
            missing: absent.map(|(index, _)| Missing { index, why: MissingWhy::NotReceived }).collect(),
        })
    }

    /// The server re-hashes a whole file, then says that it is stored.
    fn maybe_stored(&mut self, upload: &Upload) {
        if upload.bytes.len() != upload.length {
            return;
        }
        let doc = DocRef::new(Kind::Evidence, upload.evidence.expect("names its evidence"));
        let mut document = self.docs.get(&doc).expect("its op was applied").1.clone();
        let mut evidence: Evidence = document.read().expect("evidence");
        let hash = Hash::of(&upload.bytes).to_string();
        let grade = evidence
            .files()
            .into_iter()
            .find(|(g, f)| g.as_str() == upload.grade && f.sha256 == hash)
            .map(|(g, _)| g);
        evidence.stored.note(grade.expect("the bytes are the promised ones"), Millis(1));
        document.version += 1;
        document.body = body_of(&evidence);
        self.put(document);
    }
}
