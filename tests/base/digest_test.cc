#include "base/digest.h"

#include <gtest/gtest.h>

#include <set>

#include "base/bytes.h"
#include "base/sim/sim_random.h"

namespace varve {
namespace {

std::vector<std::byte> random_bytes(std::size_t size) {
  SimRandom random(size);
  std::vector<std::byte> bytes(size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.next());
  return bytes;
}

// As xxhsum -H2 prints them: a change of these is a change of every format.
TEST(Digest, is_xxh3_128) {
  EXPECT_EQ(to_hex(digest_of({})), "99aa06d3014798d86001c324468d497f");
  EXPECT_EQ(to_hex(digest_of(as_bytes("varve"))), to_hex(Digest{digest_of(as_bytes("varve")).low, digest_of(as_bytes("varve")).high}));
  Digest empty = digest_of({});
  EXPECT_EQ(empty.low, 0x6001c324468d497full);
  EXPECT_EQ(empty.high, 0x99aa06d3014798d8ull);
}

TEST(Digest, changes_with_each_bit_and_each_length) {
  std::vector<std::byte> bytes = random_bytes(300);
  std::set<std::string> seen = {to_hex(digest_of(bytes))};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      bytes[i] ^= std::byte(1 << bit);
      EXPECT_TRUE(seen.insert(to_hex(digest_of(bytes))).second);
      bytes[i] ^= std::byte(1 << bit);
    }
    EXPECT_TRUE(seen.insert(to_hex(digest_of(Bytes(bytes).first(i)))).second);
  }
}

TEST(DigestStream, is_the_digest_of_all_pieces_however_cut) {
  std::vector<std::byte> bytes = random_bytes(5000);
  SimRandom random(1);
  DigestStream stream;
  for (int round = 0; round < 50; ++round) {
    stream.reset();
    for (Bytes left(bytes); !left.empty();) {
      std::size_t part = std::min<std::size_t>(left.size(), random.below(700));
      stream.add(left.first(part));
      left = left.subspan(part);
    }
    ASSERT_EQ(stream.finish(), digest_of(bytes));
  }
}

TEST(DigestStream, can_be_asked_in_between_and_moved) {
  DigestStream stream;
  stream.add(as_bytes("abc"));
  EXPECT_EQ(stream.finish(), digest_of(as_bytes("abc")));
  DigestStream moved = std::move(stream);
  moved.add(as_bytes("def"));
  EXPECT_EQ(moved.finish(), digest_of(as_bytes("abcdef")));
}

TEST(Uuid, reads_what_it_prints) {
  Uuid uuid{.low = 0x0123456789abcdef, .high = 0xfedcba9876543210};
  EXPECT_EQ(to_hex(uuid), "fedcba98765432100123456789abcdef");
  EXPECT_EQ(uuid_from_hex(to_hex(uuid)), uuid);
  EXPECT_EQ(uuid_from_hex("FEDCBA98765432100123456789ABCDEF"), uuid);
}

TEST(Uuid, refuses_what_is_not_32_digits) {
  std::string good = "fedcba98765432100123456789abcdef";
  for (std::size_t length = 0; length < good.size(); ++length) EXPECT_FALSE(uuid_from_hex(good.substr(0, length)));
  EXPECT_FALSE(uuid_from_hex(good + "0"));
  for (std::size_t at = 0; at < good.size(); ++at)
    for (char wrong : {'g', ' ', '-', '+', '\0', 'x'}) {
      std::string bad = good;
      bad[at] = wrong;
      EXPECT_FALSE(uuid_from_hex(bad)) << bad;
    }
}

}  // namespace
}  // namespace varve
