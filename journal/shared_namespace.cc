#include "journal/shared_namespace.h"

#include <fmt/format.h>

#include <chrono>

#include "base/bytes.h"
#include "base/result.h"
#include "editlog/directory_survey.h"

namespace varve {
namespace {

constexpr int kFormatAttempts = 20;
constexpr std::uint64_t kFormatPauseMsMax = 100;

Task<Result<void>> check_kind(Directory& home) {
  CO_ASSIGN_OR_RETURN(const std::vector<std::string> names, co_await home.list());
  const DirectorySurvey found = survey(names);
  if (!found.slots && found.segments.empty()) co_return ok();
  co_return fail(ErrorCode::kForeign, fmt::format("opening the shared journal {}: it holds the log of a file: journal; use file://{}, or "
                                                  "another directory",
                                                  home.path(), home.path()));
}

// Every process that gets here writes the same bytes, each in a file of its own first.
Task<Result<void>> publish(Directory& home, VersionFile version, Epoch epoch) {
  const std::string temporary = fmt::format("{}.{}{}", kVersionFile, epoch.value, kTemporarySuffix);
  const std::string text = encode_version(version);
  CO_ASSIGN_OR_RETURN(kj::Own<File> file, co_await home.create(temporary));
  std::vector<Bytes> pieces{as_bytes(text)};
  CO_TRY(co_await file->write(0, std::move(pieces)));
  CO_TRY(co_await file->sync());
  CO_TRY(co_await home.rename(temporary, std::string(kVersionFile)));
  co_return co_await home.sync();
}

VersionFile version_of(const SharedEpochRecord& record) {
  return {.namespace_id = record.namespace_id, .disk_id = record.namespace_id, .lineage = record.lineage};
}

// One attempt; nothing when a higher epoch has come up meanwhile: it decides.
Task<Result<std::optional<VersionFile>>> decide(Seams seams, Directory& home, SharedEpochs& epochs) {
  CO_ASSIGN_OR_RETURN(const std::vector<Epoch> before, co_await epochs.list());
  SharedEpochRecord record;
  record.epoch = Epoch{before.empty() ? 1 : before.back().value + 1};
  auto claimed = co_await epochs.claim(record.epoch);
  if (!claimed && claimed.error().code() == ErrorCode::kExists) co_return std::optional<VersionFile>();
  if (!claimed) co_return fail(claimed.error());
  CO_ASSIGN_OR_RETURN(const std::vector<SharedEpochRecord> earlier, co_await epochs.read_all());
  record.namespace_id = seams.random.uuid();
  for (const SharedEpochRecord& other : earlier) {
    if (other.epoch > record.epoch) break;
    record.namespace_id = other.namespace_id;
    record.lineage = other.lineage;
  }
  record.writer = seams.random.uuid();
  CO_TRY(co_await (*claimed)->store(record));
  CO_ASSIGN_OR_RETURN(const std::optional<Epoch> newer, co_await epochs.newer_than(record.epoch));
  if (newer) co_return std::optional<VersionFile>();
  const VersionFile version = version_of(record);
  CO_TRY(co_await publish(home, version, record.epoch));
  seams.log(LogLevel::kInfo, fmt::format("{}: new shared journal", home.path()));
  co_return std::optional<VersionFile>(version);
}

}  // namespace

Task<Result<VersionFile>> shared_namespace(Seams seams, Directory& home, SharedEpochs& epochs) {
  CO_TRY(co_await check_kind(home));
  for (int attempt = 0; attempt < kFormatAttempts; ++attempt) {
    auto version = co_await read_version(home);
    if (version || version.error().code() != ErrorCode::kNotFound) co_return version;
    CO_ASSIGN_OR_RETURN(const std::optional<VersionFile> decided, co_await decide(seams, home, epochs));
    if (decided) co_return *decided;
    const std::chrono::milliseconds pause(seams.random.below(kFormatPauseMsMax));
    co_await seams.clock.after(pause);
  }
  co_return fail(ErrorCode::kBusy,
                 fmt::format("opening the shared journal {}: other processes are formatting it all the time; start again", home.path()));
}

}  // namespace varve
