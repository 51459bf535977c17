#include "editlog/log_verifier.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/digest.h"
#include "base/result.h"
#include "editlog/directory_survey.h"
#include "editlog/leftover_verifier.h"
#include "editlog/log_identity.h"
#include "editlog/segment_verifier.h"
#include "editlog/version_file.h"

namespace varve {
namespace {

bool about_bytes(const Error& error) {
  return error.code() == ErrorCode::kDamaged || error.code() == ErrorCode::kForeign || error.code() == ErrorCode::kNewerLayout ||
         error.code() == ErrorCode::kNotFound;
}

class LogVerifier {
 public:
  LogVerifier(Directory& directory, VerifyProgress progress) : directory_(directory), progress_(std::move(progress)) {}

  Task<Result<LogVerification>> run() {
    CO_ASSIGN_OR_RETURN(const auto names, co_await directory_.list());
    found_ = survey(names);
    if (!found_.version && !found_.slots && found_.segments.empty())
      co_return fail(ErrorCode::kNotFound, fmt::format("verifying {}: no VERSION, slots or segments: it holds no log", directory_.path()));
    CO_TRY(co_await check_slots());
    CO_TRY(co_await check_version());
    drop_taken_back();
    for (std::size_t i = 0; i < found_.segments.size(); ++i) CO_TRY(co_await check_segment(i));
    check_end();
    if (found_.reserve) CO_TRY(co_await check_zeros(std::string(kReserveFile)));
    for (const std::string& name : found_.leftovers) CO_TRY(co_await check_leftover(name));
    for (const std::string& name : found_.foreign) findings().note(name, 0, "a foreign name; left alone");
    co_return std::move(result_);
  }

 private:
  LogFindings& findings() { return result_.findings; }

  Task<Result<kj::Own<File>>> open(std::string name) {
    auto file = co_await directory_.open(name, {});
    if (!file) co_return fail(file.error());
    CO_ASSIGN_OR_RETURN(const std::uint64_t size, co_await (*file)->size());
    if (progress_) progress_(name, size);
    result_.bytes += size;
    co_return kj::mv(*file);
  }

  Task<Result<void>> check_slots() {
    const std::string name(kSlotsFile);
    if (!found_.slots) {
      findings().damage(name, 0, "missing");
      co_return ok();
    }
    CO_ASSIGN_OR_RETURN(kj::Own<File> file, co_await open(name));
    CO_ASSIGN_OR_RETURN(const std::uint64_t size, co_await file->size());
    if (size != kSlotsFileBytes)
      findings().damage(name, std::min(size, kSlotsFileBytes), fmt::format("expected {} bytes, found {}", kSlotsFileBytes, size));
    AlignedBuffer buffer(kSlotsFileBytes);
    CO_ASSIGN_OR_RETURN(const std::size_t got, co_await file->read(0, buffer.span(0, kSlotsFileBytes)));
    const Bytes bytes = std::as_const(buffer).span(0, got);
    const Bytes first = bytes.first(std::min(got, kSlotBytes));
    take_slots(decode_slot(first), decode_slot(bytes.subspan(first.size())));
    co_return ok();
  }

  void take_slots(const Result<DecodedSlot>& first, const Result<DecodedSlot>& second) {
    const std::string name(kSlotsFile);
    if (!first) findings().damage(name, 0, first.error().text());
    if (!second) findings().damage(name, kSlotBytes, second.error().text());
    if (!first && !second) return;
    const DecodedSlot& better = !first || (second && second->sequence > first->sequence) ? *second : *first;
    if (first && second && first->sequence != second->sequence)
      findings().note(name, 0, fmt::format("the slots are {} and {}: a change was not finished", first->sequence, second->sequence));
    result_.state = better.state;
    end_ = better.state.start.position;
    result_.last = end_->txid;
    if (better.state.tail_unknown)
      findings().damage(name, 0, "the log's end is in doubt: frames behind it may be lost that other copies have");
    if (better.state.restarting) findings().note(name, 0, "a restart is not finished");
    if (better.state.cut) findings().note(name, 0, fmt::format("a cut at txid {} is not finished", better.state.cut->txid.value));
  }

  Task<Result<void>> check_version() {
    const std::string name(kVersionFile);
    auto version = co_await read_version(directory_);
    if (!version && !about_bytes(version.error())) co_return fail(version.error());
    if (!version)
      findings().damage(name, 0, found_.version ? version.error().text() : "missing");
    else if (result_.state && *version != version_of(*result_.state))
      findings().damage(name, 0, "it names another namespace, disk or lineage than the slots");
    if (version) namespace_id_ = version->namespace_id;
    if (version) lineage_ = version->lineage;
    if (result_.state) namespace_id_ = result_.state->namespace_id;
    if (result_.state) lineage_ = result_.state->lineage;
    co_return ok();
  }

  // What a cut or a restart that was not finished takes away is not part of the log any more.
  void drop_taken_back() {
    if (!result_.state) return;
    const auto& cut = result_.state->cut;
    while (!found_.segments.empty() && (result_.state->restarting || (cut && found_.segments.back().first > cut->txid))) {
      findings().note(file_name(found_.segments.back()), 0,
                      "taken back by a cut or a restart that was not finished; the next open removes it");
      found_.segments.pop_back();
    }
  }

  Task<Result<void>> check_segment(std::size_t i) {
    const SegmentName name = found_.segments[i];
    CO_ASSIGN_OR_RETURN(kj::Own<File> file, co_await open(file_name(name)));
    SegmentPlace place{.name = name, .namespace_id = namespace_id_, .lineage = lineage_};
    if (i + 1 < found_.segments.size()) place.next = found_.segments[i + 1].first;
    if (result_.state) place.mark = result_.state->mark.txid;
    CO_ASSIGN_OR_RETURN(const SegmentVerdict verdict, co_await verify_segment(*file, place, findings()));
    ++result_.segments;
    result_.frames += verdict.frames;
    result_.transactions += verdict.transactions;
    if (result_.state && name.last && *name.last <= result_.state->start.position.txid) {
      findings().note(file_name(name), 0, "below the start of the log: a purge was not finished");
      co_return ok();
    }
    check_link(name, verdict);
    end_ = verdict.last;
    if (verdict.last) result_.last = verdict.last->txid;
    co_return ok();
  }

  void check_link(SegmentName name, const SegmentVerdict& verdict) {
    if (!end_ || !verdict.header) return;  // what is wrong is said already
    const SegmentHeader& header = *verdict.header;
    if (header.first() != end_->txid.next())
      findings().damage(file_name(name), 0,
                        fmt::format("begins at txid {}, the log before it ends at {}", header.first_txid, end_->txid.value));
    else if (header.previous != end_->digest)
      findings().damage(
          file_name(name), 0,
          fmt::format("does not chain: expected digest {} before it, found {}", to_hex(end_->digest), to_hex(header.previous)));
    else if (verdict.last && verdict.last->epoch < end_->epoch)
      findings().damage(file_name(name), 0, fmt::format("ends in epoch {}, below {}", verdict.last->epoch.value, end_->epoch.value));
  }

  void check_end() {
    if (!result_.state || !end_ || result_.state->mark.txid <= end_->txid) return;
    findings().damage(std::string(kSlotsFile), 0,
                      fmt::format("txid {} is marked as durable, the log ends at {}: its newest file is missing or damaged",
                                  result_.state->mark.txid.value, end_->txid.value));
  }

  Task<Result<void>> check_zeros(std::string name) {
    CO_ASSIGN_OR_RETURN(kj::Own<File> file, co_await open(name));
    co_return co_await verify_zeros(*file, name, findings());
  }

  Task<Result<void>> check_leftover(std::string name) {
    if (name.starts_with("edits_prepared")) {
      CO_ASSIGN_OR_RETURN(kj::Own<File> file, co_await open(name));
      co_return co_await verify_prepared(*file, name, namespace_id_, findings());
    }
    findings().note(name, 0, "left over by a step that was not finished; the next open removes it");
    co_return ok();
  }

  Directory& directory_;
  VerifyProgress progress_;
  DirectorySurvey found_;
  LogVerification result_;
  Uuid namespace_id_;
  std::uint64_t lineage_ = 0;
  std::optional<LogPosition> end_;  // of what was verified so far, when that is known
};

}  // namespace

bool LogVerification::damaged() const {
  return std::ranges::any_of(findings.all(), [](const LogFinding& finding) { return finding.kind == LogFinding::Kind::kDamage; });
}

Task<Result<LogVerification>> verify_log(Directory& directory, VerifyProgress progress) {
  LogVerifier verifier(directory, std::move(progress));
  co_return co_await verifier.run();
}

}  // namespace varve
