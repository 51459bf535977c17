#include "base/os_error.h"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

namespace varve {

namespace {

// What the operator can do; empty where the errno says it all.
std::string_view advice(ErrorCode code, int error_number) {
  if (error_number == EMFILE || error_number == ENFILE) return "; raise the limit of open files";
  switch (code) {
    case ErrorCode::kNoSpace:
      return "; free space on this file system";
    case ErrorCode::kReadOnly:
      return "; look for the reason in the kernel's log, then remount it writable";
    case ErrorCode::kPermission:
      return "; check owner and mode";
    case ErrorCode::kIo:
      return "; check the disk and the kernel's log";
    default:
      return "";
  }
}

}  // namespace

ErrorCode code_of_errno(int error_number) {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
      return ErrorCode::kNoSpace;
    case EROFS:
      return ErrorCode::kReadOnly;
    case EACCES:
    case EPERM:
      return ErrorCode::kPermission;
    case ENOENT:
    case ENOTDIR:
      return ErrorCode::kNotFound;
    case EEXIST:
      return ErrorCode::kExists;
    case EINVAL:
    case EISDIR:
    case ENAMETOOLONG:
      return ErrorCode::kInvalidArgument;
    case EFBIG:
      return ErrorCode::kTooLarge;
    default:
      return ErrorCode::kIo;
  }
}

Error os_error(int error_number, std::string_view doing) {
  ErrorCode code = code_of_errno(error_number);
  return Error(code, fmt::format("{}: {}{}", doing, std::generic_category().message(error_number), advice(code, error_number)));
}

}  // namespace varve
