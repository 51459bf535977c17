#include "editlog/control.h"

#include <capnp/message.h>
#include <capnp/serialize.h>
#include <fmt/format.h>
#include <kj/exception.h>

#include <cstring>

#include "base/bytes.h"
#include "base/check.h"
#include "base/result.h"
#include "editlog/control.capnp.h"

namespace varve {
namespace {

// Enough for the passes over a message; a list of nothing that claims to be long is not one of ours.
constexpr std::uint64_t traversal_words_max(std::uint64_t message_words) {
  return 16 * message_words + 1024;
}

template <typename Reader>
std::string canonical(const Reader& reader) {
  const kj::Array<capnp::word> words = capnp::canonicalize(reader);
  return std::string(reinterpret_cast<const char*>(words.begin()), words.asBytes().size());
}

// With whatever zeros it has inside.
capnp::Text::Reader whole(const std::string& text) {
  return {text.c_str(), text.size()};
}

// Empty texts and lists are left out: one value, one encoding.
void fill(schema::Configuration::Builder builder, const Configuration& configuration) {
  builder.setTxid(configuration.txid.value);
  builder.setMinCopies(configuration.min_copies);
  if (configuration.members.empty()) return;
  auto members = builder.initMembers(static_cast<unsigned>(configuration.members.size()));
  for (unsigned i = 0; i < members.size(); ++i) {
    const Member& member = configuration.members[i];
    members[i].setDiskLow(member.disk.low);
    members[i].setDiskHigh(member.disk.high);
    if (!member.address.empty()) members[i].setAddress(whole(member.address));
    switch (member.role) {
      case MemberRole::kVoter:
        members[i].setRole(schema::Member::Role::VOTER);
        break;
      case MemberRole::kLearner:
        members[i].setRole(schema::Member::Role::LEARNER);
        break;
      case MemberRole::kWitness:
        members[i].setRole(schema::Member::Role::WITNESS);
        break;
    }
  }
}

std::string text_of(capnp::Text::Reader text) {
  return {text.begin(), text.size()};
}

Result<MemberRole> value_of(schema::Member::Role role) {
  switch (role) {
    case schema::Member::Role::VOTER:
      return MemberRole::kVoter;
    case schema::Member::Role::LEARNER:
      return MemberRole::kLearner;
    case schema::Member::Role::WITNESS:
      return MemberRole::kWitness;
  }
  return fail(ErrorCode::kDamaged, fmt::format("a member's role is {}, which this version does not know", static_cast<unsigned>(role)));
}

Result<Configuration> value_of(schema::Configuration::Reader reader) {
  Configuration configuration{TxId{reader.getTxid()}, {}, reader.getMinCopies()};
  for (const auto& member : reader.getMembers()) {
    ASSIGN_OR_RETURN(const MemberRole role, value_of(member.getRole()));
    configuration.members.push_back({Uuid{member.getDiskLow(), member.getDiskHigh()}, text_of(member.getAddress()), role});
  }
  return configuration;
}

Result<SegmentStart> value_of(schema::SegmentStart::Reader reader) {
  ASSIGN_OR_RETURN(Configuration configuration, value_of(reader.getConfiguration()));
  const auto schema = reader.getSchema();
  return SegmentStart{std::string(reinterpret_cast<const char*>(schema.begin()), schema.size()), reader.getTransactionType(),
                      text_of(reader.getSchemaName()), std::move(configuration)};
}

Result<EpochStart> value_of(schema::EpochStart::Reader reader) {
  return EpochStart{Uuid{reader.getWriterLow(), reader.getWriterHigh()}, text_of(reader.getName()), text_of(reader.getHost())};
}

// One message of type Schema in canonical form: a single segment, no segment table, nothing behind it.
template <typename Schema, typename Value>
Result<Value> decode(Bytes bytes, std::string_view name) {
  const auto damaged = [&](std::string_view why) { return fail(ErrorCode::kDamaged, fmt::format("decoding a {} record: {}", name, why)); };
  if (bytes.empty() || bytes.size() % sizeof(capnp::word) != 0) return damaged(fmt::format("{} bytes are not whole words", bytes.size()));
  auto words = kj::heapArray<capnp::word>(bytes.size() / sizeof(capnp::word));
  std::memcpy(words.asBytes().begin(), bytes.data(), bytes.size());
  std::optional<Result<Value>> value;
  const auto thrown = kj::runCatchingExceptions([&]() {
    const kj::ArrayPtr<const capnp::word> segments[] = {words};
    capnp::SegmentArrayMessageReader message(kj::arrayPtr(segments, 1),
                                             {.traversalLimitInWords = traversal_words_max(words.size()), .nestingLimit = 16});
    const auto root = message.getRoot<Schema>();
    if (canonical(root) == as_text(bytes)) value = value_of(root);
  });
  KJ_IF_MAYBE (exception, thrown) return damaged(fmt::format("not a message: {}", exception->getDescription().cStr()));
  if (!value) return damaged("not in canonical form");
  if (!*value) return fail(value->error().within(fmt::format("decoding a {} record", name)));
  return std::move(*value);
}

}  // namespace

std::string_view to_string(MemberRole role) {
  switch (role) {
    case MemberRole::kVoter:
      return "voter";
    case MemberRole::kLearner:
      return "learner";
    case MemberRole::kWitness:
      return "witness";
  }
  return "unknown";
}

std::string encode(const Configuration& configuration) {
  capnp::MallocMessageBuilder message;
  fill(message.initRoot<schema::Configuration>(), configuration);
  return canonical(message.getRoot<schema::Configuration>().asReader());
}

std::string encode(const SegmentStart& start) {
  capnp::MallocMessageBuilder message;
  auto builder = message.initRoot<schema::SegmentStart>();
  if (!start.schema.empty()) builder.setSchema({reinterpret_cast<const kj::byte*>(start.schema.data()), start.schema.size()});
  builder.setTransactionType(start.transaction_type);
  if (!start.schema_name.empty()) builder.setSchemaName(whole(start.schema_name));
  fill(builder.initConfiguration(), start.configuration);
  return canonical(builder.asReader());
}

std::string encode(const EpochStart& start) {
  capnp::MallocMessageBuilder message;
  auto builder = message.initRoot<schema::EpochStart>();
  builder.setWriterLow(start.writer.low);
  builder.setWriterHigh(start.writer.high);
  if (!start.name.empty()) builder.setName(whole(start.name));
  if (!start.host.empty()) builder.setHost(whole(start.host));
  return canonical(builder.asReader());
}

Result<Configuration> decode_configuration(Bytes bytes) {
  return decode<schema::Configuration, Configuration>(bytes, "configuration");
}
Result<SegmentStart> decode_segment_start(Bytes bytes) {
  return decode<schema::SegmentStart, SegmentStart>(bytes, "segment start");
}
Result<EpochStart> decode_epoch_start(Bytes bytes) {
  return decode<schema::EpochStart, EpochStart>(bytes, "epoch start");
}

}  // namespace varve
