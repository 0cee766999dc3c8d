//! Where memory comes from: small pieces of dlmalloc, large ones of the C library.
//!
//! musl's allocator gives each emptied page back at once and asks for it again at the next turn, a fifth of the time of a report on a
//! small profile. dlmalloc keeps pages, but moves a table that grows, where musl has the kernel move its pages: for large tables that
//! is half of the memory. So each does what it is good at. The size decides, and whoever frees memory says its size again, so nothing
//! has to be noted.
//!
//! This is the one place with `unsafe`: the trait asks for it, as the compiler cannot check an allocator. Each
//! call is passed on as it came to the allocator that the size leads to; only a piece that grows or shrinks from the one's size
//! into the other's is copied here.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::{Mutex, MutexGuard, PoisonError};

use dlmalloc::Dlmalloc;

/// From here on musl has a mapping of its own for each piece.
const LARGE: usize = 128 << 10;

#[global_allocator]
static BY_SIZE: BySize = BySize;

struct BySize;

/// The small pieces. The library's own lock is one of the C library, twice as dear as this one.
static SMALL: Mutex<Dlmalloc> = Mutex::new(Dlmalloc::new());

fn small() -> MutexGuard<'static, Dlmalloc> {
    SMALL.lock().unwrap_or_else(PoisonError::into_inner)
}

// Safety: both are allocators by the same contract. A piece goes back to the one it came from, as that depends on the
// size in its layout alone, which the caller must give as it was.
unsafe impl GlobalAlloc for BySize {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        unsafe {
            match layout.size() < LARGE {
                true => small().malloc(layout.size(), layout.align()),
                false => System.alloc(layout),
            }
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        unsafe {
            match layout.size() < LARGE {
                true => small().calloc(layout.size(), layout.align()),
                false => System.alloc_zeroed(layout),
            }
        }
    }

    unsafe fn dealloc(&self, piece: *mut u8, layout: Layout) {
        unsafe {
            match layout.size() < LARGE {
                true => small().free(piece, layout.size(), layout.align()),
                false => System.dealloc(piece, layout),
            }
        }
    }

    unsafe fn realloc(&self, piece: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        unsafe {
            match (layout.size() < LARGE, size < LARGE) {
                (true, true) => small().realloc(piece, layout.size(), layout.align(), size),
                (false, false) => System.realloc(piece, layout, size),
                // From one to the other: the caller of this trait has checked that the layout is one.
                _ => {
                    let Ok(wanted) = Layout::from_size_align(size, layout.align()) else {
                        return std::ptr::null_mut();
                    };
                    let moved = self.alloc(wanted);
                    if !moved.is_null() {
                        std::ptr::copy_nonoverlapping(piece, moved, layout.size().min(size));
                        self.dealloc(piece, layout);
                    }
                    moved
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::LARGE;

    #[test]
    fn what_grows_and_shrinks_across_the_border_keeps_its_bytes() {
        let byte = |at: usize| (at * 7 + at / 251) as u8;
        let mut bytes = Vec::new();
        for at in 0..3 * LARGE {
            bytes.push(byte(at));
        }
        for size in [2 * LARGE, LARGE, LARGE - 1, 1000, 1] {
            bytes.truncate(size);
            bytes.shrink_to_fit();
            assert!(
                bytes
                    .iter()
                    .enumerate()
                    .all(|(at, found)| *found == byte(at)),
                "{size}"
            );
        }
        bytes.reserve_exact(4 * LARGE);
        assert_eq!(bytes, [byte(0)]);
    }

    #[test]
    fn zeroed_pieces_are_zero_and_aligned_ones_aligned() {
        #[repr(align(4096))]
        #[derive(Clone)]
        struct Page([u8; 4096]);
        for pages in [1, LARGE / 4096 - 1, LARGE / 4096, 2 * LARGE / 4096] {
            let mut table = vec![Page([1; 4096]); pages];
            table.extend(vec![Page([2; 4096]); pages]);
            assert_eq!(table.as_ptr().align_offset(4096), 0);
            assert_eq!([table[pages - 1].0[9], table[pages].0[9]], [1, 2]);
            drop(table);
            let zeroed = vec![0u8; pages * 4096];
            assert!(zeroed.iter().all(|byte| *byte == 0));
        }
    }
}
