#include "rm/transaction_decoder.h"

#include <fmt/format.h>
#include <kj/exception.h>

#include "rm/record_keys.h"

namespace varve {

using schema::rm::Operation;

std::optional<std::string> TransactionDecoder::decode(Bytes bytes, Generation born, std::vector<PreparedOperation>& operations) {
  if (bytes.empty() || bytes.size() % sizeof(capnp::word) != 0)
    return fmt::format("the transaction has {} bytes, not a whole number of 8-byte words", bytes.size());
  try {
    return decode_words(bytes, born, operations);
  } catch (const kj::Exception& error) {
    return fmt::format("the transaction of {} bytes is malformed: {}", bytes.size(), error.getDescription().cStr());
  }
}

std::optional<std::string> TransactionDecoder::decode_words(Bytes bytes, Generation born, std::vector<PreparedOperation>& operations) {
  // Each word is read once here and once when it is copied; twice that is no transaction of ours.
  SegmentReader message(bytes, bytes.size() / sizeof(capnp::word) * 4 + 64);
  const auto list = message.root<schema::rm::Transaction>().getOperations();
  operations.reserve(list.size());
  for (const auto operation : list) {
    if (!prepare(operation, born, operations.emplace_back()))
      return fmt::format("operation {} of {} in the transaction is of the unknown kind {} or has no body", operations.size(), list.size(),
                         static_cast<unsigned>(operation.which()));
  }
  return std::nullopt;
}

bool TransactionDecoder::prepare(Operation::Reader operation, Generation born, PreparedOperation& prepared) {
  prepared.kind = operation.which();
  const auto application = [&](bool present, auto reader) {
    const ApplicationKey key = application_key(reader);
    prepared.id = {key.cluster_timestamp, static_cast<std::uint32_t>(key.id), 0};
    return present;
  };
  const auto stored_application = [&](bool present, schema::rm::Application::Reader reader) {
    if (present) prepared.record = canonicalizer_.record_of<schema::rm::Application>(reader, born);
    return application(present, reader);
  };
  const auto stored_attempt = [&](bool present, schema::rm::Attempt::Reader reader) {
    if (present) prepared.record = canonicalizer_.record_of<schema::rm::Attempt>(reader, born);
    prepared.id = attempt_key(reader);
    return present;
  };
  const auto stored_token = [&](bool present, schema::rm::DelegationToken::Reader reader) {
    if (present) prepared.record = canonicalizer_.record_of<schema::rm::DelegationToken>(reader, born);
    prepared.number = reader.getSequenceNumber();
    return present;
  };
  switch (prepared.kind) {
    case Operation::STORE_APPLICATION:
      return stored_application(operation.hasStoreApplication(), operation.getStoreApplication());
    case Operation::UPDATE_APPLICATION:
      return stored_application(operation.hasUpdateApplication(), operation.getUpdateApplication());
    case Operation::REMOVE_APPLICATION:
      return application(operation.hasRemoveApplication(), operation.getRemoveApplication());
    case Operation::STORE_ATTEMPT:
      return stored_attempt(operation.hasStoreAttempt(), operation.getStoreAttempt());
    case Operation::UPDATE_ATTEMPT:
      return stored_attempt(operation.hasUpdateAttempt(), operation.getUpdateAttempt());
    case Operation::REMOVE_ATTEMPT:
      prepared.id = attempt_key(operation.getRemoveAttempt());
      return operation.hasRemoveAttempt();
    case Operation::STORE_TOKEN:
      return stored_token(operation.hasStoreToken(), operation.getStoreToken());
    case Operation::UPDATE_TOKEN:
      return stored_token(operation.hasUpdateToken(), operation.getUpdateToken());
    case Operation::REMOVE_TOKEN:
      prepared.number = operation.getRemoveToken();
      return true;
    case Operation::STORE_MASTER_KEY:
      prepared.record = canonicalizer_.record_of<schema::rm::MasterKey>(operation.getStoreMasterKey(), born);
      prepared.number = operation.getStoreMasterKey().getId();
      return operation.hasStoreMasterKey();
    case Operation::REMOVE_MASTER_KEY:
      prepared.number = operation.getRemoveMasterKey();
      return true;
    case Operation::STORE_AMRM_TOKENS:
      prepared.record = canonicalizer_.record_of<schema::rm::AmrmTokens>(operation.getStoreAmrmTokens(), born);
      return operation.hasStoreAmrmTokens();
    case Operation::STORE_RESERVATION:
      prepared.record = canonicalizer_.record_of<schema::rm::Reservation>(operation.getStoreReservation(), born);
      prepared.reservation = reservation_key(operation.getStoreReservation());
      return operation.hasStoreReservation();
    case Operation::REMOVE_RESERVATION:
      prepared.reservation = reservation_key(operation.getRemoveReservation());
      return operation.hasRemoveReservation();
    case Operation::STORE_PROXY_CA:
      prepared.record = canonicalizer_.record_of<schema::rm::ProxyCa>(operation.getStoreProxyCa(), born);
      return operation.hasStoreProxyCa();
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
