//! What happens, step by step; each step says what it proved, from what a store or the server said.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::cast::Cast;
use super::console::Desk;
use super::process::{Handset, Server, free_port, program};
use super::stage::{self, Pictures};

/// Everything a step needs.
struct Play<'a> {
    cast: &'a Cast,
    dir: &'a Path,
    port: u16,
    pictures: Pictures,
    first: Handset,
    second: Handset,
    supervisor: Handset,
    order: String,
    step: u32,
}

/// Plays it to the end, or up to the review; the server is left running.
pub fn play(cast: &Cast, dir: &Path, with_review: bool) -> Result<Server> {
    let handset = |code: &str, name: &str| Handset { who: name.to_owned(), dir: dir.join(code) };
    let mut play = Play {
        cast,
        dir,
        port: free_port()?,
        pictures: stage::pictures(cast, dir)?,
        first: handset(&cast.first.code, &cast.first.name),
        second: handset(&cast.second.code, &cast.second.name),
        supervisor: handset(&cast.supervisor.code, &cast.supervisor.name),
        order: String::new(),
        step: 0,
    };
    play.morning()?;
    play.underground()?;
    play.elsewhere()?;
    let server = play.back_online()?;
    if with_review {
        play.settled()?;
        play.review()?;
    }
    Ok(server)
}

impl Play<'_> {
    fn say(&mut self, what: &str, proof: &str) {
        self.step += 1;
        println!("{:>2}. {what}", self.step);
        if !proof.is_empty() {
            println!("    {proof}");
        }
    }

    /// A site of 200 assets, three phones enrolled and signed in, one order given to both technicians.
    fn morning(&mut self) -> Result<()> {
        let home = self.dir.join("server");
        let mut new = Server::start(&home, self.port)?;
        let (admin, password) = new.first_sign_in.take().context("a new server says its first sign-in")?;
        new.kill()?;
        let files = stage::spreadsheets(self.cast, self.dir)?;
        let import = Command::new(program()?).args(["import", "--dir"]).arg(&home).args(&files).output()?;
        ensure!(import.status.success(), "importing the site: {}", String::from_utf8_lossy(&import.stderr));
        let server = Server::start(&home, self.port)?;
        let desk = Desk::sign_in(&server.address, &admin, &password)?;
        for (phone, player) in
            [&self.first, &self.second, &self.supervisor].into_iter().zip(self.cast.players())
        {
            let invitation = desk.invite()?;
            phone.run(["enrol", &invitation, "--name", &format!("{}'s phone", player.name)])?;
            let (code, said) = self.second_use(&invitation)?;
            ensure!(code != 0, "an enrolment code worked twice: {said}");
            phone.run(["sign-in", &player.code, "--pin", &player.pin])?;
            phone.run(["sync"])?;
        }
        let thing = self.cast.broken();
        let to = format!("{},{}", self.cast.first.code, self.cast.second.code);
        let raised = self.supervisor.run([
            "order",
            "raise",
            "--site",
            "N1",
            "--asset",
            &thing.code,
            "--title",
            self.cast.trouble.title,
            "--to",
            &to,
        ])?;
        self.order = text(&raised, "/number")?;
        self.supervisor.run(["sync"])?;
        for phone in [&self.first, &self.second] {
            phone.run(["sync"])?;
        }
        let seen = self.second.run(["order", "show", &self.order])?;
        ensure!(
            text(&seen, "/row/state")? == "assigned",
            "the second technician should see the order assigned: {seen}"
        );
        server.kill()?;
        let line = format!(
            "{} raises {} for {} and gives it to {} and {}; both phones have it. Then the server is killed.",
            self.cast.supervisor.name,
            self.order,
            self.cast.describe(),
            self.cast.first.name,
            self.cast.second.name
        );
        self.say(&line, "a site of 200 assets was imported; each enrolment code worked once and was refused the second time");
        Ok(())
    }

    /// An enrolment code is good once.
    fn second_use(&self, invitation: &str) -> Result<(i32, String)> {
        let thief = Handset { who: "nobody".into(), dir: self.dir.join("nobody") };
        let refused = thief.refused(["enrol", invitation, "--name", "nobody's phone"])?;
        std::fs::remove_dir_all(&thief.dir).ok();
        Ok(refused)
    }

    /// The first technician, without a network, with a phone that is killed.
    fn underground(&mut self) -> Result<()> {
        let tag = self.pictures.tag.display().to_string();
        let scanned = self.first.run(["scan", &tag])?;
        let code = find(&scanned, "code").with_context(|| format!("the scan names no asset: {scanned}"))?;
        ensure!(
            code == self.cast.broken().code,
            "the scanned tag is {code}, not {}",
            self.cast.broken().code
        );
        self.say(
            &format!("{} photographs the tag in bad light; no signal.", self.cast.first.name),
            &format!("read from the JPEG, resolved offline: {code}, open order {}", self.order),
        );
        for verb in ["accept", "start"] {
            self.first.run(["order", verb, &self.order])?;
        }
        let (code, said) = self.first.refused(["order", "close", &self.order])?;
        self.say(
            "He accepts and starts the order, and tries to close it himself.",
            &format!("refused with exit code {code}: {}", last_line(&said)),
        );
        self.killed_between_shutter_and_save()?;
        let after = self.camera("after", 0)?;
        self.first.run(["photo", "capture", &self.order, "--slot", "after", "--camera", &after])?;
        self.first.run(["order", "complete", &self.order, "--words", self.cast.trouble.done])?;
        let state = self.state(&self.first)?;
        ensure!(state == "in_review", "on his phone the order should be in review, it is {state}");
        let waiting = waiting(&self.first)?;
        self.say(
            "He repairs, photographs the same place again and completes.",
            &format!("his phone shows the order in review; {waiting} actions wait to be sent"),
        );
        Ok(())
    }

    fn killed_between_shutter_and_save(&mut self) -> Result<()> {
        let mark = self.dir.join("shutter-1");
        let picture = self.pictures.before[0].clone();
        let camera = stage::camera(self.dir, "camera-killed", &picture, Some(&mark))?.display().to_string();
        self.first
            .kill_when(["photo", "capture", &self.order, "--slot", "before", "--camera", &camera], &mark)?;
        stage::close_camera(&mark)?;
        let shown = self.first.run(["order", "show", &self.order])?;
        let before = shown.pointer("/items/0/before/path").and_then(Value::as_str);
        let Some(path) = before else {
            bail!("the picture taken before the kill is not there after it: {shown}")
        };
        ensure!(Path::new(path).exists(), "the order shows a picture at {path}, and nothing lies there");
        self.say(
            "He takes the before photo. Between shutter and save his phone is killed with SIGKILL, and started again.",
            "the new process adopted the picture from its reserved place: nothing is lost",
        );
        Ok(())
    }

    /// The second technician does the same work, offline, not knowing.
    fn elsewhere(&mut self) -> Result<()> {
        for verb in ["accept", "start"] {
            self.second.run(["order", verb, &self.order])?;
        }
        for slot in ["before", "after"] {
            let camera = self.camera(slot, 1)?;
            self.second.run(["photo", "capture", &self.order, "--slot", slot, "--camera", &camera])?;
        }
        self.second.run(["order", "complete", &self.order, "--words", self.cast.trouble.done])?;
        let state = self.state(&self.second)?;
        ensure!(state == "in_review", "on the second phone the order should be in review, it is {state}");
        let (code, said) = self.second.refused(["sync"])?;
        self.say(
            &format!("{} starts and completes the same order, offline too.", self.cast.second.name),
            &format!("trying to sync ends with exit code {code} and keeps everything: {}", last_line(&said)),
        );
        Ok(())
    }

    /// The server starts; whoever syncs second helped, and his completion is held.
    fn back_online(&mut self) -> Result<Server> {
        let server = Server::start(&self.dir.join("server"), self.port)?;
        let (early, late) = if self.cast.second_syncs_first {
            (&self.second, &self.first)
        } else {
            (&self.first, &self.second)
        };
        early.run(["sync"])?;
        late.run(["sync"])?;
        early.run(["sync"])?;
        let shown = late.run(["order", "show", &self.order])?;
        let mark = |what: &str| -> Option<String> {
            let rows = shown.pointer("/timeline")?.as_array()?;
            let row = rows.iter().find(|row| row["what"] == what && row["by"] == late.who.as_str())?;
            row["mark"].as_str().map(str::to_owned)
        };
        let (start, complete) = (mark("order.start"), mark("order.complete"));
        ensure!(
            start.as_deref() == Some("assisted"),
            "{}'s start should be assistance, it is {start:?}",
            late.who
        );
        ensure!(
            complete.as_deref() == Some("held"),
            "{}'s completion should be held, it is {complete:?}",
            late.who
        );
        let holder = shown.pointer("/row/holder").and_then(Value::as_str).unwrap_or("nobody").to_owned();
        ensure!(holder == early.who, "the order should be {}'s, it is {holder}'s", early.who);
        let (early, late) = (early.who.clone(), late.who.clone());
        self.say(
            &format!("The server is back. {early} syncs first, {late} second."),
            &format!("{early} completed the order; {late}'s start is kept as assistance, his completion is held with his photos"),
        );
        Ok(server)
    }

    /// The supervisor decides about the second completion, offline; everybody sees it once they sync.
    fn settled(&mut self) -> Result<()> {
        let (early, late) = if self.cast.second_syncs_first {
            (&self.second, &self.first)
        } else {
            (&self.first, &self.second)
        };
        self.supervisor.run(["sync"])?;
        let shown = self.supervisor.run(["order", "show", &self.order])?;
        let held = text(&shown, "/held/0/op")?;
        let choices = shown.pointer("/held/0/choices").cloned().unwrap_or_default();
        ensure!(
            choices == serde_json::json!(["take_this", "keep_first"]),
            "of two completions either may be chosen, she is offered {choices}"
        );
        let (code, said) = late.refused(["settle", &held, "take_this"])?;
        self.supervisor.run(["settle", &held, "keep_first", "--words", "先到为准 The first stands"])?;
        let (twice, _) = self.supervisor.refused(["settle", &held, "take_this"])?;
        ensure!(twice != 0, "what is settled was settled again");
        for phone in [&self.supervisor, late] {
            phone.run(["sync"])?;
        }
        let shown = late.run(["order", "show", &self.order])?;
        let rows = shown.pointer("/timeline").and_then(Value::as_array).context("a timeline")?;
        let line = rows.iter().find(|row| row["op"] == held.as_str()).context("the held op has its line")?;
        ensure!(
            line["mark"] == "held" && line["ended"] == "settled" && line["choice"] == "keep_first",
            "the held completion should be told as held and settled: {line}"
        );
        ensure!(waiting(late)? == 0, "nothing should wait on {}'s phone any more", late.who);
        let holder = text(&shown, "/row/holder")?;
        ensure!(holder == early.who, "the order should still be {}'s, it is {holder}'s", early.who);
        let proof = format!(
            "{} may not settle it himself (exit code {code}: {}); his phone shows her choice, and nothing waits on it",
            late.who,
            last_line(&said)
        );
        let line = format!(
            "{} settles the held completion: the first stands, {} assisted.",
            self.cast.supervisor.name, late.who
        );
        self.say(&line, &proof);
        Ok(())
    }

    /// One photo is returned and redone; then the order is closed.
    fn review(&mut self) -> Result<()> {
        let holder = if self.cast.second_syncs_first { &self.second } else { &self.first };
        self.supervisor.run(["sync"])?;
        self.supervisor.run([
            "review",
            "return",
            &self.order,
            "repair",
            "--slot",
            "after",
            "--reason",
            "看不清 Not clear enough",
        ])?;
        self.supervisor.run(["review", "send-back", &self.order])?;
        self.supervisor.run(["sync"])?;
        holder.run(["sync"])?;
        ensure!(self.state(holder)? == "rework", "the holder should see the order in rework");
        holder.run(["order", "start", &self.order])?;
        let (code, said) = holder.refused(["order", "complete", &self.order, "--words", "again"])?;
        let refused = format!(
            "completing without the new photo is refused with exit code {code}: {}",
            last_line(&said)
        );
        let again =
            stage::camera(self.dir, "camera-again", &self.pictures.again, None)?.display().to_string();
        holder.run(["photo", "capture", &self.order, "--slot", "after", "--camera", &again])?;
        holder.run(["order", "complete", &self.order, "--words", "重拍 Taken again"])?;
        holder.run(["sync"])?;
        let who = holder.who.clone();
        self.say(
            &format!("{} returns one photo with a reason; {who} takes it again.", self.cast.supervisor.name),
            &refused,
        );
        self.supervisor.run(["sync"])?;
        self.supervisor.run(["review", "accept", &self.order, "repair"])?;
        self.supervisor.run(["review", "close", &self.order])?;
        for phone in [&self.supervisor, &self.first, &self.second, &self.supervisor] {
            phone.run(["sync"])?;
        }
        for phone in [&self.first, &self.second, &self.supervisor] {
            ensure!(self.state(phone)? == "closed", "on {}'s phone the order should be closed", phone.who);
            let status = phone.run(["status"])?;
            ensure!(
                status["safe_to_hand_in"] == true,
                "{}'s phone is not safe to hand in: {status}",
                phone.who
            );
        }
        self.say(
            "She accepts the pair and closes the order.",
            "all three phones show it closed, and say that they are safe to hand in",
        );
        Ok(())
    }

    fn camera(&self, slot: &str, whose: usize) -> Result<String> {
        let picture =
            if slot == "before" { &self.pictures.before[whose] } else { &self.pictures.after[whose] };
        let path = stage::camera(self.dir, &format!("camera-{slot}-{whose}"), picture, None)?;
        Ok(path.display().to_string())
    }

    fn state(&self, phone: &Handset) -> Result<String> {
        text(&phone.run(["order", "show", &self.order])?, "/row/state")
    }
}

fn text(value: &Value, pointer: &str) -> Result<String> {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.map(str::to_owned).with_context(|| format!("{pointer} is missing in {value}"))
}

/// The first text under this key, however deep.
fn find(value: &Value, key: &str) -> Option<String> {
    match value {
        Value::Object(map) => match map.get(key) {
            Some(Value::String(text)) => Some(text.clone()),
            _ => map.values().find_map(|inner| find(inner, key)),
        },
        Value::Array(items) => items.iter().find_map(|inner| find(inner, key)),
        _ => None,
    }
}

fn waiting(phone: &Handset) -> Result<usize> {
    let queue = phone.run(["queue"])?;
    Ok(queue.as_array().or_else(|| queue["ops"].as_array()).map_or(0, Vec::len))
}

fn last_line(text: &str) -> &str {
    text.lines().last().unwrap_or(text)
}
