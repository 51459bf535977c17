#include "editlog/log_identity.h"

#include <fmt/format.h>

#include "base/digest.h"
#include "base/result.h"

namespace varve {
namespace {

bool about_bytes(ErrorCode code) {
  return code == ErrorCode::kDamaged || code == ErrorCode::kForeign || code == ErrorCode::kNewerLayout;
}

VersionState state_of(const Result<VersionFile>& version) {
  if (version) return VersionState::kGood;
  if (version.error().code() == ErrorCode::kNotFound) return VersionState::kMissing;
  return version.error().code() == ErrorCode::kNewerLayout ? VersionState::kNewer : VersionState::kDamaged;
}

SlotsState state_of(const Result<kj::Own<Slots>>& slots) {
  if (slots) return (*slots)->damage() ? SlotsState::kOneBad : SlotsState::kGood;
  if (slots.error().code() == ErrorCode::kNotFound) return SlotsState::kMissing;
  return slots.error().code() == ErrorCode::kNewerLayout ? SlotsState::kNewer : SlotsState::kBothBad;
}

// True when it did more than to be formatted.
bool was_used(const SlotState& state) {
  return state.promised.value > 0 || state.cut || state.restarting || state.tail_unknown || state.start.position.txid.value > 0 ||
         state.mark.txid > state.start.position.txid;
}

std::string describe_identity(const VersionFile& version) {
  return fmt::format("namespace {} disk {} lineage {}", to_hex(version.namespace_id), to_hex(version.disk_id), version.lineage);
}

}  // namespace

VersionFile version_of(const SlotState& state) {
  return {.namespace_id = state.namespace_id, .disk_id = state.disk_id, .lineage = state.lineage};
}

Task<Result<LogIdentity>> identify_log(Directory& directory, DirectorySurvey found, std::optional<Uuid> expected_namespace) {
  auto version = co_await read_version(directory);
  if (!version && !about_bytes(version.error().code()) && version.error().code() != ErrorCode::kNotFound) co_return fail(version.error());
  auto slots = co_await Slots::open(directory);
  if (!slots && !about_bytes(slots.error().code()) && slots.error().code() != ErrorCode::kNotFound) co_return fail(slots.error());
  if (!version && version.error().code() == ErrorCode::kForeign && !found.slots && found.segments.empty()) co_return fail(version.error());

  DirectoryFacts facts{.version = state_of(version), .slots = state_of(slots), .has_segments = !found.segments.empty()};
  LogIdentity identity;
  if (slots) {
    const SlotState& state = (*slots)->state();
    facts.slots_used = was_used(state);
    facts.identities_agree = !version || *version == version_of(state);
    facts.namespace_expected = !expected_namespace || *expected_namespace == state.namespace_id;
  }
  identity.row = classify_directory(facts);
  if (identity.row == RecoveryRow::kDirectoryOtherNamespace) {
    identity.detail = fmt::format("expected namespace {}, found {}", to_hex(*expected_namespace), to_hex((*slots)->state().namespace_id));
  } else if (identity.row == RecoveryRow::kDirectoryIdentitiesDiffer) {
    identity.detail = fmt::format("VERSION: {}; slots: {}", describe_identity(*version), describe_identity(version_of((*slots)->state())));
  } else if (!slots && found.slots) {
    identity.detail = slots.error().text();
  } else if (!version && (version.error().code() != ErrorCode::kNotFound || slots)) {
    identity.detail = version.error().text();
  } else if (slots && (*slots)->damage()) {
    identity.detail = *(*slots)->damage();
  }
  if (slots) identity.slots = kj::mv(*slots);
  co_return identity;
}

}  // namespace varve
