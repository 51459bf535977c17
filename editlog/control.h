// What the control frames say, as values; in a frame each is one transaction: the canonical Cap'n Proto form of control.capnp, one
// segment, without a segment table.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "varve/error.h"
#include "varve/types.h"

namespace varve {

enum class MemberRole : std::uint8_t { kVoter, kLearner, kWitness };
std::string_view to_string(MemberRole role);

struct Member {
  Uuid disk;            // identity of the member's disk
  std::string address;  // host:port; empty: the local directory
  MemberRole role = MemberRole::kVoter;
  bool operator==(const Member&) const = default;
};

struct Configuration {
  TxId txid;  // of the record; 0: made at format
  std::vector<Member> members;
  std::uint32_t min_copies = 0;  // data nodes that must hold a frame before it is committed; 0: a majority of the voters
  bool operator==(const Configuration&) const = default;
};

struct SegmentStart {
  std::string schema;                  // a compiled CodeGeneratorRequest; empty: transactions are opaque
  std::uint64_t transaction_type = 0;  // type id of the struct at each transaction's root
  std::string schema_name;
  Configuration configuration;  // the newest one in the log before this frame
  bool operator==(const SegmentStart&) const = default;
};

struct EpochStart {
  Uuid writer;  // a random number drawn for this attempt
  std::string name;
  std::string host;
  bool operator==(const EpochStart&) const = default;
};

// The same value gives the same bytes, a multiple of 8 of them.
std::string encode(const Configuration& configuration);
std::string encode(const SegmentStart& start);
std::string encode(const EpochStart& start);

// kDamaged when the bytes are not one canonical message, or have an unknown role. Fields of a later version are passed over. `bytes` need
// not be aligned.
Result<Configuration> decode_configuration(Bytes bytes);
Result<SegmentStart> decode_segment_start(Bytes bytes);
Result<EpochStart> decode_epoch_start(Bytes bytes);

}  // namespace varve
