#include "rm/canonical_copier.h"

#include <algorithm>
#include <cstring>

namespace varve {
namespace {

constexpr unsigned kDepthMax = 16;

// The encoding, https://capnproto.org/encoding.html.
enum PointerKind : unsigned { kStructPointer = 0, kListPointer = 1 };
enum ElementSize : unsigned { kVoid, kBit, kByte, kTwoBytes, kFourBytes, kEightBytes, kPointer, kStruct };
constexpr std::uint64_t kBitsOf[] = {0, 1, 8, 16, 32, 64};  // by ElementSize

// A struct of no words: an offset of -1, so that it is not null.
constexpr std::uint64_t kEmptyStruct = 0xfffffffc;

unsigned kind_of(std::uint64_t pointer) {
  return pointer & 3;
}
std::int64_t offset_of(std::uint64_t pointer) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(pointer)) >> 2;
}
unsigned data_words_of(std::uint64_t pointer) {
  return pointer >> 32 & 0xffff;
}
unsigned pointer_count_of(std::uint64_t pointer) {
  return static_cast<unsigned>(pointer >> 48);
}
unsigned element_size_of(std::uint64_t pointer) {
  return pointer >> 32 & 7;
}
std::uint64_t element_count_of(std::uint64_t pointer) {
  return pointer >> 35;
}  // of structs: words

std::uint64_t offset_bits(const std::uint64_t* pointer, const std::uint64_t* target) {
  return static_cast<std::uint32_t>(target - pointer - 1) << 2;
}
std::uint64_t struct_bits(std::uint64_t data_words, std::uint64_t pointer_count) {
  return data_words << 32 | pointer_count << 48;
}
std::uint64_t list_bits(ElementSize size, std::uint64_t count) {
  return kListPointer | std::uint64_t{size} << 32 | count << 35;
}

// Words at the end that are zero say what words that are not there say.
unsigned without_zeros(const std::uint64_t* words, unsigned count) {
  while (count > 0 && words[count - 1] == 0) count--;
  return count;
}

}  // namespace

std::optional<CanonicalCopier::Source> CanonicalCopier::source_of(capnp::AnyStruct::Reader reader) {
  const auto data = reader.getDataSection();
  if (data.size() % sizeof(std::uint64_t) != 0) return std::nullopt;  // an element of a list of numbers, read as a struct
  const auto* words = reinterpret_cast<const std::uint64_t*>(data.begin());
  const auto data_words = static_cast<unsigned>(data.size() / sizeof(std::uint64_t));
  return Source{words, data_words, words + data_words, reader.getPointerSection().size()};
}

std::optional<Bytes> CanonicalCopier::copy(std::optional<Source> source) {
  const std::size_t begin = used_;
  std::uint64_t* root = allocate(1);
  if (!source || root == nullptr || !copy_struct(*source, root, kDepthMax)) return std::nullopt;
  return std::as_bytes(out_.subspan(begin, used_ - begin));
}

std::uint64_t* CanonicalCopier::allocate(std::uint64_t words) {
  if (words > out_.size() - used_) return nullptr;
  std::uint64_t* begin = out_.data() + used_;
  used_ += words;
  return begin;
}

const std::uint64_t* CanonicalCopier::target_of(const std::uint64_t* pointer, std::uint64_t words) const {
  const std::int64_t begin = pointer - segment_.data() + 1 + offset_of(*pointer);
  const auto size = static_cast<std::int64_t>(segment_.size());
  if (begin < 0 || begin > size || words > static_cast<std::uint64_t>(size - begin)) return nullptr;
  return segment_.data() + begin;
}

bool CanonicalCopier::copy_pointer(const std::uint64_t* from, std::uint64_t* to, unsigned depth) {
  *to = 0;
  if (*from == 0) return true;
  if (depth == 0) return false;
  if (kind_of(*from) == kListPointer) return copy_list(from, to, depth - 1);
  if (kind_of(*from) != kStructPointer) return false;
  const unsigned data_words = data_words_of(*from);
  const unsigned pointer_count = pointer_count_of(*from);
  const std::uint64_t* target = target_of(from, data_words + pointer_count);
  return target != nullptr && copy_struct({target, data_words, target + data_words, pointer_count}, to, depth - 1);
}

bool CanonicalCopier::copy_struct(Source source, std::uint64_t* to, unsigned depth) {
  const unsigned data_words = without_zeros(source.data, source.data_words);
  const unsigned pointer_count = without_zeros(source.pointers, source.pointer_count);
  if (data_words + pointer_count == 0) {
    *to = kEmptyStruct;
    return true;
  }
  std::uint64_t* body = allocate(data_words + pointer_count);
  if (body == nullptr) return false;
  *to = offset_bits(to, body) | struct_bits(data_words, pointer_count);
  std::copy_n(source.data, data_words, body);
  for (unsigned i = 0; i < pointer_count; i++)
    if (!copy_pointer(source.pointers + i, body + data_words + i, depth)) return false;
  return true;
}

bool CanonicalCopier::copy_list(const std::uint64_t* from, std::uint64_t* to, unsigned depth) {
  const unsigned size = element_size_of(*from);
  if (size == kStruct) return copy_struct_list(from, to, depth);
  if (size == kPointer) return copy_pointer_list(from, to, depth);
  if (!copy_bits(from, to, element_count_of(*from) * kBitsOf[size])) return false;
  *to |= list_bits(static_cast<ElementSize>(size), element_count_of(*from));
  return true;
}

bool CanonicalCopier::copy_bits(const std::uint64_t* from, std::uint64_t* to, std::uint64_t bits) {
  const std::uint64_t words = (bits + 63) / 64;
  const std::uint64_t* source = target_of(from, words);
  std::uint64_t* body = allocate(words);
  if (source == nullptr || body == nullptr) return false;
  std::copy_n(source, words, body);
  if (bits % 64 != 0) body[words - 1] &= (std::uint64_t{1} << bits % 64) - 1;
  *to = offset_bits(to, body);
  return true;
}

bool CanonicalCopier::copy_pointer_list(const std::uint64_t* from, std::uint64_t* to, unsigned depth) {
  const std::uint64_t count = element_count_of(*from);
  const std::uint64_t* source = target_of(from, count);
  std::uint64_t* body = allocate(count);
  if (source == nullptr || body == nullptr) return false;
  *to = offset_bits(to, body) | list_bits(kPointer, count);
  for (std::uint64_t i = 0; i < count; i++)
    if (!copy_pointer(source + i, body + i, depth)) return false;
  return true;
}

// A tag that tells the elements' number and size, then the elements. All are as large as the largest of them must be.
bool CanonicalCopier::copy_struct_list(const std::uint64_t* from, std::uint64_t* to, unsigned depth) {
  const std::uint64_t* tag = target_of(from, 1 + element_count_of(*from));
  if (tag == nullptr || kind_of(*tag) != kStructPointer) return false;
  const std::uint64_t count = static_cast<std::uint32_t>(*tag) >> 2;
  const unsigned from_data = data_words_of(*tag);
  const unsigned from_step = from_data + pointer_count_of(*tag);
  if (count * from_step > element_count_of(*from)) return false;
  unsigned to_data = 0;
  unsigned to_pointers = 0;
  const std::uint64_t elements = from_step == 0 ? 0 : count;  // elements without words are not visited, however many they are
  for (std::uint64_t i = 0; i < elements; i++) {
    const std::uint64_t* element = tag + 1 + i * from_step;
    to_data = std::max(to_data, without_zeros(element, from_data));
    to_pointers = std::max(to_pointers, without_zeros(element + from_data, from_step - from_data));
  }
  const unsigned to_step = to_data + to_pointers;
  std::uint64_t* body = allocate(1 + count * to_step);
  if (body == nullptr) return false;
  *to = offset_bits(to, body) | list_bits(kStruct, count * to_step);
  body[0] = count << 2 | struct_bits(to_data, to_pointers);
  for (std::uint64_t i = 0; i < (to_step == 0 ? 0 : elements); i++) {
    const std::uint64_t* element = tag + 1 + i * from_step;
    std::uint64_t* copy = body + 1 + i * to_step;
    std::copy_n(element, to_data, copy);
    for (unsigned p = 0; p < to_pointers; p++)
      if (!copy_pointer(element + from_data + p, copy + to_data + p, depth)) return false;
  }
  return true;
}

}  // namespace varve
