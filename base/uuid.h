// A Uuid as people read and write it: 32 hexadecimal digits, the high half first.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "varve/types.h"

namespace varve {

std::string to_hex(Uuid uuid);

// The inverse of to_hex(); nullopt for anything but exactly 32 digits (either case).
std::optional<Uuid> uuid_from_hex(std::string_view text);

}  // namespace varve
