// How a row of the recovery table that refuses becomes an error.
#pragma once

#include <string>

#include "editlog/recovery_table.h"
#include "varve/error.h"

namespace varve {

// "recovering <path>: <what the row says> (<label>): <detail>; <advice>". Precondition: the row's decision is a refusal.
Error recovery_error(RecoveryRow row, const std::string& path, const std::string& detail);
bool refuses(RecoveryRow row);

}  // namespace varve
