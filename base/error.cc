#include "varve/error.h"

#include "base/check.h"

namespace varve {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::kIo:
      return "io";
    case ErrorCode::kNoSpace:
      return "no_space";
    case ErrorCode::kReadOnly:
      return "read_only";
    case ErrorCode::kPermission:
      return "permission";
    case ErrorCode::kNotFound:
      return "not_found";
    case ErrorCode::kExists:
      return "exists";
    case ErrorCode::kLocked:
      return "locked";
    case ErrorCode::kDamaged:
      return "damaged";
    case ErrorCode::kForeign:
      return "foreign";
    case ErrorCode::kNewerLayout:
      return "newer_layout";
    case ErrorCode::kTooLarge:
      return "too_large";
    case ErrorCode::kInvalidArgument:
      return "invalid_argument";
    case ErrorCode::kBusy:
      return "busy";
    case ErrorCode::kClosed:
      return "closed";
    case ErrorCode::kFenced:
      return "fenced";
    case ErrorCode::kOutcomeUnknown:
      return "outcome_unknown";
    case ErrorCode::kRefused:
      return "refused";
  }
  CHECK(false && "no such error code", static_cast<int>(code));
}

}  // namespace varve
