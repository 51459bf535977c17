#include "editlog/leftover_verifier.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/result.h"
#include "editlog/sector_sweep.h"
#include "editlog/segment_format.h"
#include "editlog/segment_scan.h"
#include "editlog/unwritten_space.h"

namespace varve {
namespace {

std::uint64_t first_not_zero(Bytes bytes) {
  return static_cast<std::uint64_t>(std::ranges::find_if(bytes, [](std::byte b) { return b != std::byte{0}; }) - bytes.begin());
}

// Zeros but for one byte: no frame leaves that in a sector, rot does.
bool is_nearly_zero(Bytes sector) {
  return std::ranges::count(sector, std::byte{0}) + 1 == static_cast<std::ptrdiff_t>(sector.size());
}

class PreparedVerifier {
 public:
  PreparedVerifier(File& file, std::string name, Uuid namespace_id, LogFindings& findings)
      : file_(file), name_(std::move(name)), namespace_id_(namespace_id), findings_(findings) {}

  Task<Result<void>> run() {
    CO_ASSIGN_OR_RETURN(size_, co_await file_.size());
    AlignedBuffer head(kFramesOffset);
    CO_ASSIGN_OR_RETURN(const std::size_t got, co_await file_.read(0, head.span(0, kFramesOffset)));
    const Bytes bytes = std::as_const(head).span(0, got);
    if (got < kFramesOffset || all_zero(bytes.subspan(kPreallocationOffset, sizeof(PreallocationRecord))))
      co_return co_await check_unrecorded();
    record_ = load_as<PreallocationRecord>(bytes.subspan(kPreallocationOffset));
    if (auto wrong = check_preallocation_record(record_, namespace_id_, file_.path())) {
      findings_.damage(name_, kPreallocationOffset, wrong->text());
      co_return ok();
    }
    if (record_.file_bytes != size_)
      findings_.damage(name_, size_, fmt::format("prepared with {} bytes, has {}", record_.file_bytes, size_));
    check_zeros(bytes);
    if (all_zero(bytes.first(kSectorBytes))) co_return co_await check_space(kFramesOffset);
    co_return co_await check_opened(bytes);
  }

 private:
  // The crash came before the record was on the disk: zeros, or unwritten space of a salt that nobody knows.
  Task<Result<void>> check_unrecorded() {
    findings_.note(name_, 0, "preparing it was not finished; the next open removes it");
    auto look = [this](std::uint64_t offset, Bytes sector) {
      if (offset < kFramesOffset ? !all_zero(sector) : !is_one_word(sector)) findings_.damage(name_, offset, "neither zero nor unwritten");
    };
    co_return co_await sweep_sectors(file_, 0, size_, look);
  }

  void check_zeros(Bytes head) {
    const Bytes zeros = head.subspan(kPreallocationOffset + sizeof(PreallocationRecord));
    if (!all_zero(zeros))
      findings_.damage(name_, kFramesOffset - zeros.size() + first_not_zero(zeros), "not zero, in the head of a segment");
  }

  // The crash came between the first frames and the file's name.
  Task<Result<void>> check_opened(Bytes head) {
    const auto header = load_as<SegmentHeader>(head);
    if (auto wrong = check_segment_header(header, namespace_id_, file_.path())) {
      findings_.damage(name_, 0, wrong->text());
      co_return ok();
    }
    note_opened();
    const SegmentHead segment{.header = header, .preallocation = record_, .file_bytes = size_};
    CO_ASSIGN_OR_RETURN(const SegmentScan scan, co_await scan_segment(file_, segment));
    co_return co_await check_space(scan.stop.offset);
  }

  void note_opened() {
    findings_.note(name_, 0, "opened, but it never got its name: its frames were not acknowledged; the next open removes it");
  }

  Task<Result<void>> check_space(std::uint64_t from) {
    std::optional<std::uint64_t> unfilled;
    std::optional<std::uint64_t> written;
    auto look = [&](std::uint64_t offset, Bytes sector) {
      if (all_zero(sector)) {
        if (!unfilled) unfilled = offset;
      } else if (auto rot = rot_in_unwritten(namespace_id_, record_.salt, offset, sector)) {
        findings_.damage(name_, *rot, "unwritten space is not as it was prepared");
      } else if (sector.size() < kSectorBytes || is_nearly_zero(sector)) {
        findings_.damage(name_, offset + first_not_zero(sector), "neither unwritten nor zero");
      } else if (!is_unwritten(namespace_id_, record_.salt, offset, sector)) {
        if (!written) written = offset;
      }
    };
    CO_TRY(co_await sweep_sectors(file_, from, size_, look));
    if (written && from == kFramesOffset) note_opened();
    if (unfilled && !written) findings_.note(name_, *unfilled, "preparing it was not finished; the next open removes it");
    co_return ok();
  }

  File& file_;
  std::string name_;
  Uuid namespace_id_;
  LogFindings& findings_;
  PreallocationRecord record_;
  std::uint64_t size_ = 0;
};

}  // namespace

Task<Result<void>> verify_zeros(File& file, std::string name, LogFindings& findings) {
  CO_ASSIGN_OR_RETURN(const std::uint64_t size, co_await file.size());
  auto look = [&](std::uint64_t offset, Bytes sector) {
    if (!all_zero(sector)) findings.damage(name, offset + first_not_zero(sector), "not zero");
  };
  co_return co_await sweep_sectors(file, 0, size, look);
}

Task<Result<void>> verify_prepared(File& file, std::string name, Uuid namespace_id, LogFindings& findings) {
  PreparedVerifier verifier(file, std::move(name), namespace_id, findings);
  co_return co_await verifier.run();
}

}  // namespace varve
