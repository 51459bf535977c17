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

class PreparedVerifier {
 public:
  PreparedVerifier(File& file, std::string name, Uuid namespace_id, LogFindings& findings)
      : file_(file), name_(std::move(name)), namespace_id_(namespace_id), findings_(findings) {}

  Task<Result<void>> run() {
    CO_ASSIGN_OR_RETURN(const std::uint64_t size, co_await file_.size());
    AlignedBuffer head(kFramesOffset);
    CO_ASSIGN_OR_RETURN(const std::size_t got, co_await file_.read(0, head.span(0, kFramesOffset)));
    const Bytes bytes = std::as_const(head).span(0, got);
    if (got < kFramesOffset || all_zero(bytes)) {
      findings_.note(name_, 0, "preparing it was not finished; the next open removes it");
      co_return co_await verify_zeros(file_, name_, findings_);
    }
    record_ = load_as<PreallocationRecord>(bytes.subspan(kPreallocationOffset));
    if (auto wrong = check_preallocation_record(record_, namespace_id_, file_.path())) {
      findings_.damage(name_, kPreallocationOffset, wrong->text());
      co_return ok();
    }
    if (record_.file_bytes != size) findings_.damage(name_, size, fmt::format("prepared with {} bytes, has {}", record_.file_bytes, size));
    if (all_zero(bytes.first(kSectorBytes))) co_return co_await check_space(bytes, kFramesOffset);
    co_return co_await check_opened(bytes);
  }

 private:
  // A crash came between the first frames and the file's name.
  Task<Result<void>> check_opened(Bytes bytes) {
    const auto header = load_as<SegmentHeader>(bytes);
    if (auto wrong = check_segment_header(header, namespace_id_, file_.path())) {
      findings_.damage(name_, 0, wrong->text());
      co_return ok();
    }
    findings_.note(name_, 0, "opened, but it never got its name: its frames were not acknowledged; the next open removes it");
    auto segment = co_await read_segment_head(file_, namespace_id_);
    if (!segment) {
      findings_.damage(name_, 0, segment.error().text());
      co_return ok();
    }
    CO_ASSIGN_OR_RETURN(const SegmentScan scan, co_await scan_segment(file_, *segment));
    if (scan.next == NextFrameState::kNone) co_return ok();
    co_return co_await check_space(bytes, scan.stop.offset);
  }

  Task<Result<void>> check_space(Bytes head, std::uint64_t from) {
    const Bytes zeros = head.subspan(kPreallocationOffset + sizeof(PreallocationRecord));
    if (!all_zero(zeros))
      findings_.damage(name_, kFramesOffset - zeros.size() + first_not_zero(zeros), "not zero, in the head of a segment");
    std::optional<std::uint64_t> unfilled;
    auto look = [&](std::uint64_t offset, Bytes sector) {
      if (all_zero(sector)) {
        if (!unfilled) unfilled = offset;
      } else if (auto rot = rot_in_unwritten(namespace_id_, record_.salt, offset, sector)) {
        findings_.damage(name_, *rot, "unwritten space is not as it was prepared");
      } else if (sector.size() < kSectorBytes || (from == kFramesOffset && !is_unwritten(namespace_id_, record_.salt, offset, sector))) {
        findings_.damage(name_, offset, "neither unwritten nor zero");
      }
    };
    CO_TRY(co_await sweep_sectors(file_, from, record_.file_bytes, look));
    if (unfilled) findings_.note(name_, *unfilled, "preparing it was not finished; the next open removes it");
    co_return ok();
  }

  File& file_;
  std::string name_;
  Uuid namespace_id_;
  LogFindings& findings_;
  PreallocationRecord record_;
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
