//! The drawings of the console, one meaning each (Lucide, ISC; the licence lies beside them in `assets/icons`).

/// A drawing, named for what it means here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Icon {
    /// Two ticks: finished and accepted.
    Accepted,
    /// Back to where one came from.
    Back,
    /// A photo to be taken.
    Camera,
    /// A tick: done, received, safe.
    Check,
    /// A hollow dot: waiting.
    Circle,
    /// A promise and its time.
    Clock,
    /// Somebody wrote something.
    Comment,
    /// Side by side.
    Compare,
    /// Not possible, rejected.
    Cross,
    /// Waits for a person's look.
    Eye,
    /// Keys.
    Keyboard,
    /// Another language.
    Languages,
    /// One over the other.
    Layers,
    /// A frame without a picture.
    NoPicture,
    /// On hold.
    Pause,
    /// People.
    People,
    /// One person.
    Person,
    /// A phone.
    Phone,
    /// A place.
    Place,
    /// Something new.
    Plus,
    /// Not heard from.
    Question,
    /// Sent back.
    Return,
    /// How close lines stand.
    Rows,
    /// Leave.
    SignOut,
    /// On the way.
    Travel,
    /// Given up.
    Void,
    /// Work goes on.
    Wrench,
}

impl Icon {
    /// The drawing as SVG in the colour of the text around it, hidden from screen readers: the word beside it speaks.
    pub fn svg(self) -> &'static str {
        match self {
            Icon::Accepted => include_str!("../../assets/icons/accepted.svg"),
            Icon::Back => include_str!("../../assets/icons/back.svg"),
            Icon::Camera => include_str!("../../assets/icons/camera.svg"),
            Icon::Check => include_str!("../../assets/icons/check.svg"),
            Icon::Circle => include_str!("../../assets/icons/circle.svg"),
            Icon::Clock => include_str!("../../assets/icons/clock.svg"),
            Icon::Comment => include_str!("../../assets/icons/comment.svg"),
            Icon::Compare => include_str!("../../assets/icons/compare.svg"),
            Icon::Cross => include_str!("../../assets/icons/cross.svg"),
            Icon::Eye => include_str!("../../assets/icons/eye.svg"),
            Icon::Keyboard => include_str!("../../assets/icons/keyboard.svg"),
            Icon::Languages => include_str!("../../assets/icons/languages.svg"),
            Icon::Layers => include_str!("../../assets/icons/layers.svg"),
            Icon::NoPicture => include_str!("../../assets/icons/no-picture.svg"),
            Icon::Pause => include_str!("../../assets/icons/pause.svg"),
            Icon::People => include_str!("../../assets/icons/people.svg"),
            Icon::Person => include_str!("../../assets/icons/person.svg"),
            Icon::Phone => include_str!("../../assets/icons/phone.svg"),
            Icon::Place => include_str!("../../assets/icons/place.svg"),
            Icon::Plus => include_str!("../../assets/icons/plus.svg"),
            Icon::Question => include_str!("../../assets/icons/question.svg"),
            Icon::Return => include_str!("../../assets/icons/return.svg"),
            Icon::Rows => include_str!("../../assets/icons/rows.svg"),
            Icon::SignOut => include_str!("../../assets/icons/sign-out.svg"),
            Icon::Travel => include_str!("../../assets/icons/travel.svg"),
            Icon::Void => include_str!("../../assets/icons/void.svg"),
            Icon::Wrench => include_str!("../../assets/icons/wrench.svg"),
        }
    }
}
