#include "rm/canonical_copier.h"

#include <capnp/message.h>
#include <capnp/schema.capnp.h>
#include <capnp/serialize.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

#include "rm/encoder.h"
#include "rm/rm.capnp.h"
#include "rm/rm_schema.h"
#include "rm/segment_reader.h"
#include "samples.h"

namespace varve {
namespace {

using Words = std::vector<std::uint64_t>;

Bytes bytes_of(const Words& words) {
  return std::as_bytes(std::span(words));
}

Words words_of(Bytes bytes) {
  Words words(bytes.size() / sizeof(std::uint64_t));
  if (!bytes.empty()) std::memcpy(words.data(), bytes.data(), bytes.size());
  return words;
}

Words segment_of(capnp::MessageBuilder& message) {
  const auto segments = message.getSegmentsForOutput();
  EXPECT_EQ(segments.size(), 1u);
  return words_of(std::as_bytes(std::span(segments[0].begin(), segments[0].size())));
}

// The copy of the root; empty when it was refused.
template <typename T>
Words copy_root(const Words& segment) {
  Words out(segment.size());
  SegmentReader message(bytes_of(segment), UINT64_MAX);
  const auto copy = CanonicalCopier(segment, out).copy(message.root<T>());
  return copy ? words_of(*copy) : Words{};
}

// The library's own canonical form.
template <typename T>
Words canonical_root(const Words& segment) {
  SegmentReader message(bytes_of(segment), UINT64_MAX);
  const auto canonical = capnp::canonicalize(message.root<T>());
  return words_of(std::as_bytes(std::span(canonical.begin(), canonical.size())));
}

Words compiled_schema() {
  const std::string_view compiled = rm_schema();
  const Words words = words_of(std::as_bytes(std::span(compiled)));
  capnp::FlatArrayMessageReader reader(kj::arrayPtr(reinterpret_cast<const capnp::word*>(words.data()), words.size()));
  capnp::MallocMessageBuilder one_segment(static_cast<unsigned>(2 * words.size()));
  one_segment.setRoot(reader.getRoot<capnp::schema::CodeGeneratorRequest>());
  return segment_of(one_segment);
}

TEST(CanonicalCopier, agrees_with_the_library_on_a_large_message) {
  const Words segment = compiled_schema();
  EXPECT_EQ(copy_root<capnp::schema::CodeGeneratorRequest>(segment), canonical_root<capnp::schema::CodeGeneratorRequest>(segment));
}

TEST(CanonicalCopier, agrees_with_the_library_on_every_operation) {
  for (const rm::Operation& operation : rm::one_of_each()) {
    const EncodedTransaction encoded({&operation, 1});
    const Words segment = words_of(encoded.bytes());
    EXPECT_EQ(copy_root<schema::rm::Transaction>(segment), canonical_root<schema::rm::Transaction>(segment)) << rm::name_of(operation);
  }
}

TEST(CanonicalCopier, agrees_with_the_library_on_every_kind_of_list) {
  capnp::MallocMessageBuilder message(4096);
  auto values = message.initRoot<capnp::schema::CodeGeneratorRequest>().initNodes(9);
  const auto list_of = [&](unsigned node) { return values[node].initConst().initValue().initList(); };
  auto bits = list_of(0).initAs<capnp::List<bool>>(77);
  for (unsigned i = 0; i < 77; i += 3) bits.set(i, true);
  list_of(1).initAs<capnp::List<std::uint8_t>>(5).set(4, 5);
  list_of(2).initAs<capnp::List<std::uint16_t>>(3).set(2, 5);
  list_of(3).initAs<capnp::List<std::uint32_t>>(3).set(2, 5);
  list_of(4).initAs<capnp::List<std::uint64_t>>(3).set(2, 5);
  list_of(5).initAs<capnp::List<capnp::Text>>(3).set(1, "text");
  list_of(6).initAs<capnp::List<capnp::Void>>(3);
  list_of(7).initAs<capnp::List<schema::rm::Version>>(3);  // all default: elements without words
  list_of(8).initAs<capnp::List<capnp::List<std::uint8_t>>>(2).init(0, 0);
  const Words segment = segment_of(message);
  EXPECT_EQ(copy_root<capnp::schema::CodeGeneratorRequest>(segment), canonical_root<capnp::schema::CodeGeneratorRequest>(segment));
}

TEST(CanonicalCopier, makes_equal_values_equal) {
  capnp::MallocMessageBuilder plain;
  plain.initRoot<schema::rm::Application>().setUser("alice");
  capnp::MallocMessageBuilder with_history;
  auto application = with_history.initRoot<schema::rm::Application>();
  application.setDiagnostics("a text that is taken back and leaves a hole");
  application.setUser("alice");
  application.disownDiagnostics();
  const Words holes = segment_of(with_history);
  EXPECT_EQ(copy_root<schema::rm::Application>(holes), copy_root<schema::rm::Application>(segment_of(plain)));
}

TEST(CanonicalCopier, copies_one_behind_the_other) {
  const rm::Transaction transaction{rm::StoreMasterKey{rm::sample_key(1)}, rm::StoreMasterKey{rm::sample_key(2)}};
  const EncodedTransaction encoded(transaction);
  const Words segment = words_of(encoded.bytes());
  Words out(segment.size());
  SegmentReader message(bytes_of(segment), UINT64_MAX);
  CanonicalCopier copier(segment, out);
  const auto list = message.root<schema::rm::Transaction>().getOperations();
  const auto first = copier.copy(list[0].getStoreMasterKey());
  const auto second = copier.copy(list[1].getStoreMasterKey());
  ASSERT_TRUE(first && second);
  for (const auto& [copy, id] : {std::pair(*first, 1u), std::pair(*second, 2u)}) {
    SegmentReader copied(copy, UINT64_MAX);
    EXPECT_EQ(copied.root<schema::rm::MasterKey>().getId(), id);
    EXPECT_EQ(copied.root<schema::rm::MasterKey>().getExpiryDate(), 100 + id);
  }
}

// A copy of a copy is the copy; a damaged message is refused or copied into something whole, never beyond the room there is.
TEST(CanonicalCopier, survives_every_flipped_byte) {
  rm::Transaction transaction = rm::one_of_each();
  const EncodedTransaction encoded(transaction);
  Words segment = words_of(encoded.bytes());
  const auto bytes = std::as_writable_bytes(std::span(segment));
  std::size_t refused = 0;
  for (std::size_t i = 8; i < bytes.size(); i++) {
    for (const unsigned flip : {0x01u, 0x02u, 0x40u, 0xffu}) {
      bytes[i] ^= std::byte(flip);
      try {
        const Words copy = copy_root<schema::rm::Transaction>(segment);
        if (copy.empty()) {
          refused++;
        } else {
          EXPECT_EQ(copy_root<schema::rm::Transaction>(copy), copy) << i;
        }
      } catch (const kj::Exception&) {
        refused++;  // the library could not find the root
      }
      bytes[i] ^= std::byte(flip);
    }
  }
  EXPECT_GT(refused, 100u);
}

TEST(CanonicalCopier, refuses_what_overlaps_and_so_would_grow) {
  // A struct of eight pointers, all to one list of 64 bytes.
  Words segment{0x0008000000000000};
  for (std::uint64_t i = 0; i < 8; i++) segment.push_back((7 - i) << 2 | 1 | std::uint64_t{2} << 32 | std::uint64_t{64} << 35);
  segment.resize(segment.size() + 8, 0x0101010101010101);
  EXPECT_TRUE(copy_root<schema::rm::Application>(segment).empty());
}

TEST(CanonicalCopier, refuses_far_pointers_and_capabilities) {
  for (const std::uint64_t kind : {2u, 3u}) {
    capnp::MallocMessageBuilder message;
    message.initRoot<schema::rm::Transaction>().initOperations(1);
    Words segment = segment_of(message);
    segment[1] = kind;
    EXPECT_TRUE(copy_root<schema::rm::Transaction>(segment).empty());
  }
}

}  // namespace
}  // namespace varve
