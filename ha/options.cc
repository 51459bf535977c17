#include "ha/options.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/result.h"
#include "journal/journal_url.h"

namespace varve {
namespace {

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kMiB = 1024 * kKiB;
constexpr std::uint64_t kGiB = 1024 * kMiB;

Result<void> in_range(const char* name, std::uint64_t value, std::uint64_t low, std::uint64_t high) {
  if (value >= low && value <= high) return ok();
  return fail(ErrorCode::kInvalidArgument, fmt::format("option {} is {}; it must be in {}..{}", name, value, low, high));
}

Result<void> not_negative(const char* name, std::chrono::milliseconds value) {
  if (value.count() >= 0) return ok();
  return fail(ErrorCode::kInvalidArgument, fmt::format("option {} is {} ms; it must not be negative", name, value.count()));
}

}  // namespace

Result<void> check_tls(const char* option, const TlsFiles& files) {
  if (!files.any() || files.complete()) return ok();
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("option {} names some of certificate, key and authorities; name all three, or none", option));
}

Result<void> check_options(const Options& o) {
  TRY(check_tls("tls", o.tls));
  TRY(in_range("transaction_bytes_max", o.transaction_bytes_max, 0, kTransactionBytesLimit));
  TRY(in_range("frame_bytes_max", o.frame_bytes_max, 4 * kKiB, 16 * kMiB));
  TRY(in_range("segment_bytes_max", o.segment_bytes_max, 64 * kKiB, 16 * kGiB));
  TRY(in_range("segment_transactions_max", o.segment_transactions_max, 1, UINT64_MAX));
  TRY(in_range("queue_bytes_max", o.queue_bytes_max, 4 * kKiB, UINT64_MAX));
  TRY(in_range("images_kept", o.images_kept, 1, 100));
  TRY(in_range("image_chunk_bytes", o.image_chunk_bytes, 4 * kKiB, 64 * kMiB));
  TRY(in_range("image_threads", o.image_threads, 0, 256));
  TRY(in_range("quorum_patience", static_cast<std::uint64_t>(std::max<std::int64_t>(0, o.quorum_patience.count())), 100, 3'600'000));
  TRY(not_negative("segment_age_max", o.segment_age_max));
  TRY(not_negative("mark_delay", o.mark_delay));
  TRY(not_negative("checkpoint_interval", o.checkpoint_interval));
  return ok();
}

Result<std::string> image_path(const Options& options) {
  if (!options.image_directory.empty()) {
    if (options.image_directory.front() == '/') return options.image_directory;
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("option image_directory is \"{}\"; it must be an absolute path", options.image_directory));
  }
  ASSIGN_OR_RETURN(const JournalUrl url, parse_journal_url(options.journal));
  if (url.kind != JournalUrl::Kind::kFile)
    return fail(ErrorCode::kInvalidArgument, "option image_directory is missing; only a file: journal has a default for it");
  return url.path.substr(0, url.path.rfind('/')) + "/images";
}

LocalLogOptions log_options(const Options& o) {
  return {.segment_bytes = round_up(o.segment_bytes_max, kPageBytes),
          .disk_reserve_bytes = o.disk_reserve_bytes,
          .mark_delay = o.mark_delay,
          .direct_io = o.direct_io};
}

RollPolicy roll_policy(const Options& o) {
  return {.transactions_max = o.segment_transactions_max, .age_max = o.segment_age_max};
}

QuorumOptions quorum_options(const Options& o) {
  QuorumOptions options;
  options.writer.segment_bytes = round_up(o.segment_bytes_max, kPageBytes);
  options.writer.roll = roll_policy(o);
  options.open_patience = o.quorum_patience;
  options.candidacy.patience = o.quorum_patience;
  return options;
}

CheckpointPolicy checkpoint_policy(const Options& o) {
  CheckpointPolicy policy;
  policy.transactions = o.checkpoint_transactions;
  policy.log_bytes = o.checkpoint_log_bytes;
  policy.interval = o.checkpoint_interval;
  policy.images_kept = o.images_kept;
  policy.extra_transactions = o.extra_transactions_kept;
  policy.extra_segments = o.extra_segments_kept;
  policy.extra_bytes = o.extra_bytes_kept;
  return policy;
}

SubmitQueueOptions queue_options(const Options& o) {
  return {.transaction_bytes_max = o.transaction_bytes_max, .frame_bytes_max = o.frame_bytes_max, .queue_bytes_max = o.queue_bytes_max};
}

}  // namespace varve
