// Errors of the operating system as Varve's.
#pragma once

#include <string>

#include "varve/error.h"

namespace varve {

// The kind of error that an errno value is; kIo for all that have no kind of their own.
ErrorCode code_of_errno(int error_number);

// `doing` says what was being done to which path: "writing 512 bytes at offset 4096 of /var/lib/rm/slots".
Error os_error(int error_number, std::string_view doing);

}  // namespace varve
