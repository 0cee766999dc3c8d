//! A live process of this machine: how it is found, where it listens, what it offers.
//!
//! Looking costs the process nothing: /proc is read, and only addresses that Go processes of this machine
//! listen on are asked. What a profile is, this folder does not know.

pub(crate) mod capture;
pub(crate) mod cgroup;
pub(crate) mod discover;
mod elf;
pub(crate) mod endpoints;
mod listen;
pub(crate) mod look;
pub(crate) mod price;
pub(crate) mod processors;

pub(crate) use listen::Address;
