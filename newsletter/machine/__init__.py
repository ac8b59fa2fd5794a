"""The machine under the program: locks, rights of files, groups of processes and their limits.

Two halves with the same names: `posix` for Linux and macOS, `windows` for where their modules are missing. No other
module asks the operating system for these things.
"""

try:
    from newsletter.machine import posix as half
except ImportError:  # Windows has neither fcntl nor resource.
    from newsletter.machine import windows as half  # type: ignore[no-redef]  # the same names

HAS_PIPES = half.HAS_PIPES
after_fork = half.after_fork
append_private = half.append_private
close_folder = half.close_folder
connection = half.connection
copy_rights = half.copy_rights
create_private = half.create_private
end_after = half.end_after
end_group = half.end_group
file_identity = half.file_identity
is_administrator = half.is_administrator
is_open_to_others = half.is_open_to_others
limit_memory = half.limit_memory
lock = half.lock
make_private_folder = half.make_private_folder
open_private = half.open_private
resident_bytes = half.resident_bytes
rewrite_private = half.rewrite_private
rights_of = half.rights_of
spawn_on_pipes = half.spawn_on_pipes
start_apart = half.start_apart
sync = half.sync
sync_folder = half.sync_folder
