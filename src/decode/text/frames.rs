//! The frames that pprof hides of a profile that does not say itself which (pprof-behaviour 2.5).
//!
//! The patterns go into what `proto` writes, so they are pprof's to the byte. They matter only once the
//! frames have names.

use super::super::error::{DecodeError, Offset};
use super::rows::Rows;

/// What allocates memory.
const ALLOCATORS: &str = "calloc|cfree|malloc|free|memalign|do_memalign|(__)?posix_memalign|pvalloc|valloc|realloc|tcmalloc::.*|\
    tc_calloc|tc_cfree|tc_malloc|tc_free|tc_memalign|tc_posix_memalign|tc_pvalloc|tc_valloc|tc_realloc|tc_new|\
    tc_delete|tc_newarray|tc_deletearray|tc_new_nothrow|tc_newarray_nothrow|malloc_zone_malloc|\
    malloc_zone_calloc|malloc_zone_valloc|malloc_zone_realloc|malloc_zone_memalign|malloc_zone_free|\
    runtime\\..*|BaseArena::.*|(::)?do_malloc_no_errno|(::)?do_malloc_pages|(::)?do_malloc|DoSampledAllocation|\
    MallocedMemBlock::MallocedMemBlock|_M_allocate|__builtin_(vec_)?delete|__builtin_(vec_)?new|\
    __gnu_cxx::new_allocator::allocate|__libc_malloc|__malloc_alloc_template::allocate|allocate|cpp_alloc|\
    operator new(\\[\\])?|simple_alloc::allocate";
/// What the one before hides too much.
const NOT_ALLOCATORS: &str = "runtime\\.panic|runtime\\.reflectcall|runtime\\.call[0-9]*";
/// What takes and releases locks.
const LOCKS: &str = "RecordLockProfileData|(base::)?RecordLockProfileData.*|(base::)?SubmitMutexProfileData.*|\
    (base::)?SubmitSpinLockProfileData.*|(base::Mutex::)?AwaitCommon.*|(base::Mutex::)?Unlock.*|\
    (base::Mutex::)?UnlockSlow.*|(base::Mutex::)?ReaderUnlock.*|(base::MutexLock::)?~MutexLock.*|\
    (Mutex::)?AwaitCommon.*|(Mutex::)?Unlock.*|(Mutex::)?UnlockSlow.*|(Mutex::)?ReaderUnlock.*|\
    (MutexLock::)?~MutexLock.*|(SpinLock::)?Unlock.*|(SpinLock::)?SlowUnlock.*|\
    (SpinLockHolder::)?~SpinLockHolder.*";
/// What takes profiles.
const PROFILERS: &str = "ProfileData::Add|ProfileData::prof_handler|CpuProfiler::prof_handler|__pthread_sighandler|__restore";

/// Sets the patterns that go with the sample types.
pub(super) fn set_default(rows: &mut Rows, at: Offset) -> Result<(), DecodeError> {
    let profile = &rows.builder.profile;
    let kinds = profile.sample_types.iter();
    let kinds: Vec<&[u8]> = kinds.map(|kind| profile.text(kind.kind)).collect();
    let (drop, keep) = match &kinds.join(&b' ')[..] {
        b"allocations size"
        | b"objects space"
        | b"inuse_objects inuse_space"
        | b"alloc_objects alloc_space"
        | b"alloc_objects alloc_space inuse_objects inuse_space" => (ALLOCATORS, NOT_ALLOCATORS),
        b"contentions delay" => (LOCKS, ""),
        _ => (PROFILERS, ""),
    };
    let drop_frames = rows.text(drop.as_bytes(), at)?;
    let keep_frames = rows.text(keep.as_bytes(), at)?;
    let header = &mut rows.builder.profile.header;
    (header.drop_frames, header.keep_frames) = (drop_frames, keep_frames);
    Ok(())
}
