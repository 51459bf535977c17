#include "base/uuid.h"

#include <fmt/format.h>

#include <charconv>

namespace varve {

namespace {

std::optional<std::uint64_t> half_from_hex(std::string_view digits) {
  std::uint64_t value = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string to_hex(Uuid uuid) {
  return fmt::format("{:016x}{:016x}", uuid.high, uuid.low);
}

std::optional<Uuid> uuid_from_hex(std::string_view text) {
  if (text.size() != 32) return std::nullopt;
  std::optional<std::uint64_t> high = half_from_hex(text.substr(0, 16));
  std::optional<std::uint64_t> low = half_from_hex(text.substr(16));
  if (!high || !low) return std::nullopt;
  return Uuid{.low = *low, .high = *high};
}

}  // namespace varve
