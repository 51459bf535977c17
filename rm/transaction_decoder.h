// Checks a transaction before anything of it is applied, and makes its records' bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rm/canonical_copier.h"
#include "rm/keys.h"
#include "rm/rm.capnp.h"
#include "varve/rm_types.h"
#include "varve/types.h"

namespace varve {

// One operation that can no longer fail. What is set beside `kind` depends on it.
struct PreparedOperation {
  schema::rm::Operation::Which kind;
  Bytes record;              // what to store
  AttemptKey id;             // of an attempt; of an application without the number
  std::uint32_t number = 0;  // sequence number of a token, id of a master key
  ReservationKey reservation;
  rm::IncrementEpoch epoch;
  rm::Version version;
};

class TransactionDecoder {
 public:
  // Makes operations(), or says why the transaction cannot be taken; then nothing of it may be applied.
  std::optional<std::string> decode(Bytes transaction);

  // Of the last transaction, until the next one.
  const std::vector<PreparedOperation>& operations() const { return operations_; }

 private:
  std::optional<std::string> decode_words(Bytes transaction);
  bool prepare(schema::rm::Operation::Reader operation, CanonicalCopier& copier, PreparedOperation& prepared);
  void make_room(std::size_t words);

  std::vector<PreparedOperation> operations_;
  std::vector<std::uint64_t> records_;  // of operations_
};

}  // namespace varve
