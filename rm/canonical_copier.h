// Copies structs out of a Cap'n Proto segment in canonical form: preorder, without unused words, so that equal values have equal bytes
// whoever wrote them. Knows the encoding only, no schema; faster than the library's canonicalize() because it writes where the result
// stays.
//
// Errors: what is not well-formed, lies outside the segment, has far pointers or capabilities, or overlaps itself, is refused.
#pragma once

#include <capnp/any.h>

#include <cstdint>
#include <optional>
#include <span>

#include "varve/types.h"

namespace varve {

class CanonicalCopier {
 public:
  // A struct where it stands in the segment.
  struct Source {
    const std::uint64_t* data;
    unsigned data_words;
    const std::uint64_t* pointers;
    unsigned pointer_count;
  };

  // Copies go into `out` one behind the other; they need no more room than the segment has when nothing overlaps.
  CanonicalCopier(std::span<const std::uint64_t> segment, std::span<std::uint64_t> out) : segment_(segment), out_(out) {}

  // The struct as a message of one segment. Precondition: `reader` reads the segment.
  template <typename Reader>
  std::optional<Bytes> copy(Reader reader) {
    return copy(source_of(capnp::toAny(reader)));
  }

 private:
  static std::optional<Source> source_of(capnp::AnyStruct::Reader reader);
  std::optional<Bytes> copy(std::optional<Source> source);

  std::uint64_t* allocate(std::uint64_t words);  // null: no room
  // Where `words` words behind `pointer` with its offset are; null when they are not in the segment.
  const std::uint64_t* target_of(const std::uint64_t* pointer, std::uint64_t words) const;

  // Each writes the pointer at `to` and puts what it points to at the end.
  bool copy_pointer(const std::uint64_t* from, std::uint64_t* to, unsigned depth);
  bool copy_struct(Source source, std::uint64_t* to, unsigned depth);
  bool copy_list(const std::uint64_t* from, std::uint64_t* to, unsigned depth);
  bool copy_pointer_list(const std::uint64_t* from, std::uint64_t* to, unsigned depth);
  bool copy_struct_list(const std::uint64_t* from, std::uint64_t* to, unsigned depth);
  bool copy_bits(const std::uint64_t* from, std::uint64_t* to, std::uint64_t bits);

  std::span<const std::uint64_t> segment_;
  std::span<std::uint64_t> out_;
  std::size_t used_ = 0;
};

}  // namespace varve
