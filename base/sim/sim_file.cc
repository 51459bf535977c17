#include "base/sim/sim_file.h"

#include <algorithm>

#include "base/check.h"
#include "base/os_error.h"
#include "base/result.h"

namespace varve {

namespace {

std::uint64_t total_bytes(const std::vector<Bytes>& pieces) {
  std::uint64_t total = 0;
  for (Bytes piece : pieces) total += piece.size();
  return total;
}

std::vector<Bytes> first_bytes(const std::vector<Bytes>& pieces, std::uint64_t bytes) {
  std::vector<Bytes> first;
  for (Bytes piece : pieces) {
    first.push_back(piece.first(std::min<std::uint64_t>(piece.size(), bytes)));
    bytes -= first.back().size();
  }
  return first;
}

}  // namespace

SimFile::SimFile(SimDisk& disk, std::string path, SimInodeNumber inode, OpenMode mode)
    : disk_(disk), path_(std::move(path)), inode_(inode), mode_(mode), generation_(disk.generation_) {}

Error SimFile::error(const SimDisk::Verdict& verdict, const SimOperation& operation) const {
  return os_error(verdict.error, operation.describe());
}

void SimFile::check_writable() const {
  CHECK(mode_.write, path_);
}

void SimFile::check_alignment(std::uint64_t offset, const std::vector<Bytes>& pieces) const {
  if (!mode_.direct) return;
  CHECK(offset % kSectorBytes == 0, path_, offset);
  for (Bytes piece : pieces)
    CHECK(piece.size() % kSectorBytes == 0 && reinterpret_cast<std::uintptr_t>(piece.data()) % kSectorBytes == 0, path_, offset,
          piece.size());
}

kj::Promise<Result<std::size_t>> SimFile::read(std::uint64_t offset, MutableBytes out) {
  SimOperation operation{.op = SimOp::kRead, .path = path_, .offset = offset, .bytes = out.size()};
  SimDisk::Verdict verdict = disk_.begin(operation, generation_);
  if (verdict.never) return kj::NEVER_DONE;
  if (verdict.error != 0) return disk_.complete<std::size_t>(verdict, fail(error(verdict, operation)));
  return disk_.complete<std::size_t>(verdict, inode().seen().read(offset, out));
}

void SimFile::put(SimDisk::Verdict& verdict, std::uint64_t offset, const std::vector<Bytes>& pieces) {
  std::uint64_t bytes = total_bytes(pieces);
  std::uint64_t fitting = verdict.error == 0 ? bytes : std::min(bytes, verdict.bytes_done);
  std::uint64_t space_end = inode().reserved_bytes() + round_down(disk_.free_bytes(), kPageBytes);
  if (offset + fitting > space_end) {
    fitting = space_end > offset ? space_end - offset : 0;
    verdict.error = ENOSPC;
  }
  inode().write(offset, first_bytes(pieces, fitting), disk_.state_.next_unit());
}

kj::Promise<Result<void>> SimFile::write(std::uint64_t offset, std::vector<Bytes> pieces, RunOn) {
  check_writable();
  SimOperation operation{.op = SimOp::kWrite, .path = path_, .offset = offset, .bytes = total_bytes(pieces)};
  SimDisk::Verdict verdict = disk_.begin(operation, generation_);
  if (verdict.never) return kj::NEVER_DONE;
  if (verdict.error != EROFS) put(verdict, offset, pieces);
  if (verdict.error != 0) return disk_.complete<void>(verdict, fail(error(verdict, operation)));
  return disk_.complete<void>(verdict, ok());
}

kj::Promise<Result<void>> SimFile::write_durably(std::uint64_t offset, std::vector<Bytes> pieces, RunOn where) {
  check_alignment(offset, pieces);
  std::uint64_t first_unit = disk_.state_.next_unit();
  kj::Promise<Result<void>> written = write(offset, std::move(pieces), where);
  return sync_after(kj::mv(written), first_unit, disk_.state_.next_unit());
}

Task<Result<void>> SimFile::sync_after(kj::Promise<Result<void>> written, std::uint64_t from, std::uint64_t upto) {
  CO_TRY(co_await kj::mv(written));
  co_return co_await sync_range(from, upto);
}

kj::Promise<Result<void>> SimFile::sync() {
  return sync_range(0, disk_.state_.next_unit());
}

kj::Promise<Result<void>> SimFile::sync_range(std::uint64_t from, std::uint64_t upto) {
  SimOperation operation{.op = SimOp::kSync, .path = path_};
  SimDisk::Verdict verdict = disk_.begin(operation, generation_);
  if (verdict.never) return kj::NEVER_DONE;
  if (verdict.error != 0) {
    inode().fail_sync(upto);
    return disk_.complete<void>(verdict, fail(error(verdict, operation)));
  }
  return disk_.complete_with(verdict, [&disk = disk_, number = inode_, from, upto] {
    if (disk.sync_is_noop_) return;
    SimInode& inode = disk.state_.inode(number);
    if (from == 0)
      inode.sync(upto);
    else
      inode.sync_only(from, upto);
  });
}

kj::Promise<Result<void>> SimFile::truncate(std::uint64_t size) {
  check_writable();
  SimOperation operation{.op = SimOp::kTruncate, .path = path_, .bytes = size};
  SimDisk::Verdict verdict = disk_.begin(operation, generation_);
  if (verdict.never) return kj::NEVER_DONE;
  if (verdict.error != 0) return disk_.complete<void>(verdict, fail(error(verdict, operation)));
  inode().truncate(size, disk_.state_.next_unit());
  return disk_.complete<void>(verdict, ok());
}

kj::Promise<Result<void>> SimFile::preallocate(std::uint64_t size) {
  check_writable();
  SimOperation operation{.op = SimOp::kPreallocate, .path = path_, .bytes = size};
  SimDisk::Verdict verdict = disk_.begin(operation, generation_);
  if (verdict.never) return kj::NEVER_DONE;
  if (verdict.error == 0 && size > inode().reserved_bytes() + round_down(disk_.free_bytes(), kPageBytes)) verdict.error = ENOSPC;
  if (verdict.error != 0) return disk_.complete<void>(verdict, fail(error(verdict, operation)));
  inode().preallocate(size, disk_.state_.next_unit());
  return disk_.complete<void>(verdict, ok());
}

kj::Promise<Result<std::uint64_t>> SimFile::size() {
  SimOperation operation{.op = SimOp::kSize, .path = path_};
  SimDisk::Verdict verdict = disk_.begin(operation, generation_);
  if (verdict.never) return kj::NEVER_DONE;
  if (verdict.error != 0) return disk_.complete<std::uint64_t>(verdict, fail(error(verdict, operation)));
  return disk_.complete<std::uint64_t>(verdict, inode().seen().size());
}

}  // namespace varve
