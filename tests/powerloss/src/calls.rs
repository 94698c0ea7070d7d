//! The two functions of the C library that make things durable. They do what they always do, and tell [`crate::disk`].

use libc::{SYS_fdatasync, SYS_fsync, c_int, c_long, syscall};

use crate::disk;

fn synced(call: c_long, fd: c_int) -> c_int {
    disk::about_to_sync(fd);
    // SAFETY: the call takes one file descriptor by value and touches no memory of ours; a bad one is answered by EBADF.
    let done = unsafe { syscall(call, fd) };
    if done == 0 {
        disk::synced(fd);
    }
    c_int::try_from(done).unwrap_or(-1)
}

/// `fsync(2)`.
// SAFETY: the name and signature are those of POSIX; whoever links this crate means this function by it.
#[unsafe(no_mangle)]
pub extern "C" fn fsync(fd: c_int) -> c_int {
    synced(SYS_fsync, fd)
}

/// `fdatasync(2)`.
// SAFETY: as above.
#[unsafe(no_mangle)]
pub extern "C" fn fdatasync(fd: c_int) -> c_int {
    synced(SYS_fdatasync, fd)
}
