#include "editlog/recovery_error.h"

#include <fmt/format.h>

#include "base/check.h"

namespace varve {
namespace {

ErrorCode code_of(RecoveryRow row) {
  switch (decision_of(row)) {
    case RecoveryDecision::kNotFormatted:
      return ErrorCode::kNotFound;
    case RecoveryDecision::kDamaged:
      return ErrorCode::kDamaged;
    case RecoveryDecision::kForeign:
      return ErrorCode::kForeign;
    case RecoveryDecision::kNewerLayout:
      return ErrorCode::kNewerLayout;
    default:
      break;
  }
  CHECK(false, describe(row).label);
  __builtin_unreachable();
}

}  // namespace

bool refuses(RecoveryRow row) {
  const RecoveryDecision decision = decision_of(row);
  return decision == RecoveryDecision::kNotFormatted || decision == RecoveryDecision::kDamaged || decision == RecoveryDecision::kForeign ||
         decision == RecoveryDecision::kNewerLayout;
}

Error recovery_error(RecoveryRow row, const std::string& path, const std::string& detail) {
  const RecoveryRowText& text = describe(row);
  const std::string what = detail.empty() ? std::string(text.found) : fmt::format("{}: {}", text.found, detail);
  return Error(code_of(row), fmt::format("recovering {}: {} ({}); {}", path, what, text.label, text.advice));
}

}  // namespace varve
