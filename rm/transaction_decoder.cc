#include "rm/transaction_decoder.h"

#include <fmt/format.h>
#include <kj/exception.h>

#include "rm/record_keys.h"
#include "rm/segment_reader.h"

namespace varve {

using schema::rm::Operation;

namespace {
// What a larger transaction needed is given back when a smaller one comes.
constexpr std::size_t kWordsKept = 1 << 17;
constexpr std::size_t kOperationsKept = 1 << 12;
}  // namespace

std::optional<std::string> TransactionDecoder::decode(Bytes transaction) {
  operations_.clear();
  if (transaction.empty() || transaction.size() % sizeof(std::uint64_t) != 0)
    return fmt::format("the transaction has {} bytes, not a whole number of 8-byte words", transaction.size());
  make_room(transaction.size() / sizeof(std::uint64_t));
  try {
    return decode_words(transaction);
  } catch (const kj::Exception& error) {
    return fmt::format("the transaction of {} bytes is malformed: {}", transaction.size(), error.getDescription().cStr());
  }
}

void TransactionDecoder::make_room(std::size_t words) {
  if (operations_.capacity() > kOperationsKept) operations_.shrink_to_fit();
  if (records_.size() > kWordsKept && words <= kWordsKept) std::vector<std::uint64_t>().swap(records_);
  if (records_.size() < words) records_.resize(words);
}

std::optional<std::string> TransactionDecoder::decode_words(Bytes transaction) {
  const std::span segment(reinterpret_cast<const std::uint64_t*>(transaction.data()), transaction.size() / sizeof(std::uint64_t));
  CanonicalCopier copier(segment, records_);
  SegmentReader message(transaction, segment.size() * 2 + 64);
  const auto list = message.root<schema::rm::Transaction>().getOperations();
  operations_.reserve(list.size());
  for (const auto operation : list) {
    if (!prepare(operation, copier, operations_.emplace_back()))
      return fmt::format("operation {} of {} in the transaction is of the unknown kind {}, or its body is missing or malformed",
                         operations_.size(), list.size(), static_cast<unsigned>(operation.which()));
  }
  return std::nullopt;
}

bool TransactionDecoder::prepare(Operation::Reader operation, CanonicalCopier& copier, PreparedOperation& prepared) {
  prepared.kind = operation.which();
  const auto store = [&](bool present, auto reader) {
    const std::optional<Bytes> record = copier.copy(reader);
    if (record) prepared.record = *record;
    return present && record;
  };
  const auto identify_application = [&](auto reader) { prepared.id = {reader.getClusterTimestamp(), reader.getId(), 0}; };
  switch (prepared.kind) {
    case Operation::STORE_APPLICATION:
      identify_application(operation.getStoreApplication());
      return store(operation.hasStoreApplication(), operation.getStoreApplication());
    case Operation::UPDATE_APPLICATION:
      identify_application(operation.getUpdateApplication());
      return store(operation.hasUpdateApplication(), operation.getUpdateApplication());
    case Operation::REMOVE_APPLICATION:
      identify_application(operation.getRemoveApplication());
      return operation.hasRemoveApplication();
    case Operation::STORE_ATTEMPT:
      prepared.id = attempt_key(operation.getStoreAttempt());
      return store(operation.hasStoreAttempt(), operation.getStoreAttempt());
    case Operation::UPDATE_ATTEMPT:
      prepared.id = attempt_key(operation.getUpdateAttempt());
      return store(operation.hasUpdateAttempt(), operation.getUpdateAttempt());
    case Operation::REMOVE_ATTEMPT:
      prepared.id = attempt_key(operation.getRemoveAttempt());
      return operation.hasRemoveAttempt();
    case Operation::STORE_TOKEN:
      prepared.number = operation.getStoreToken().getSequenceNumber();
      return store(operation.hasStoreToken(), operation.getStoreToken());
    case Operation::UPDATE_TOKEN:
      prepared.number = operation.getUpdateToken().getSequenceNumber();
      return store(operation.hasUpdateToken(), operation.getUpdateToken());
    case Operation::REMOVE_TOKEN:
      prepared.number = operation.getRemoveToken();
      return true;
    case Operation::STORE_MASTER_KEY:
      prepared.number = operation.getStoreMasterKey().getId();
      return store(operation.hasStoreMasterKey(), operation.getStoreMasterKey());
    case Operation::REMOVE_MASTER_KEY:
      prepared.number = operation.getRemoveMasterKey();
      return true;
    case Operation::STORE_AMRM_TOKENS:
      return store(operation.hasStoreAmrmTokens(), operation.getStoreAmrmTokens());
    case Operation::STORE_RESERVATION:
      prepared.reservation = reservation_key(operation.getStoreReservation());
      return store(operation.hasStoreReservation(), operation.getStoreReservation());
    case Operation::REMOVE_RESERVATION:
      prepared.reservation = reservation_key(operation.getRemoveReservation());
      return operation.hasRemoveReservation();
    case Operation::STORE_PROXY_CA:
      return store(operation.hasStoreProxyCa(), operation.getStoreProxyCa());
    case Operation::INCREMENT_EPOCH:
      prepared.epoch = {operation.getIncrementEpoch().getBase(), operation.getIncrementEpoch().getRange()};
      return operation.hasIncrementEpoch();
    case Operation::STORE_VERSION:
      prepared.version = {operation.getStoreVersion().getMajor(), operation.getStoreVersion().getMinor()};
      return operation.hasStoreVersion();
    case Operation::DELETE_STORE:
      return true;
  }
  return false;
}

}  // namespace varve
