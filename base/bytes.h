// Bytes and fixed little-endian layouts.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string_view>

#include "varve/types.h"

namespace varve {

static_assert(std::endian::native == std::endian::little, "layouts are copied as they stand; a big-endian port needs conversions");

using MutableBytes = std::span<std::byte>;

// The unit that a disk writes whole or not at all.
inline constexpr std::size_t kSectorBytes = 512;
// What direct I/O and the page cache are content with on every disk.
inline constexpr std::size_t kPageBytes = 4096;

constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) {
  return (value + unit - 1) / unit * unit;
}
constexpr std::uint64_t round_down(std::uint64_t value, std::uint64_t unit) {
  return value / unit * unit;
}

inline Bytes as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}
inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The bytes of a fixed layout (a trivially copyable struct without padding).
template <typename T>
Bytes bytes_of(const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  return std::as_bytes(std::span(&value, 1));
}

// Reads a fixed layout from bytes that need not be aligned. Precondition: bytes.size() >= sizeof(T).
template <typename T>
T load_as(Bytes bytes) {
  static_assert(std::is_trivially_copyable_v<T>);
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

inline bool all_zero(Bytes bytes) {
  for (std::byte b : bytes)
    if (b != std::byte{0}) return false;
  return true;
}

// Memory for direct I/O: aligned to a page, of fixed capacity, not initialised.
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(std::size_t capacity)
      : capacity_(round_up(capacity, kPageBytes)), data_(static_cast<std::byte*>(std::aligned_alloc(kPageBytes, capacity_))) {
    if (data_ == nullptr) throw std::bad_alloc();
  }

  std::byte* data() { return data_.get(); }
  const std::byte* data() const { return data_.get(); }
  std::size_t capacity() const { return capacity_; }
  explicit operator bool() const { return data_ != nullptr; }
  MutableBytes span(std::size_t offset, std::size_t bytes) { return {data_.get() + offset, bytes}; }
  Bytes span(std::size_t offset, std::size_t bytes) const { return {data_.get() + offset, bytes}; }

 private:
  struct Free {
    void operator()(std::byte* p) const { std::free(p); }
  };
  std::size_t capacity_ = 0;
  std::unique_ptr<std::byte[], Free> data_;
};

}  // namespace varve
