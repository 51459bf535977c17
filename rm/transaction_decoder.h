// Checks a transaction before anything of it is applied, and makes its records.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rm/canonicalizer.h"
#include "rm/keys.h"
#include "rm/rm.capnp.h"
#include "varve/rm_types.h"
#include "varve/types.h"

namespace varve {

// One operation that can no longer fail. What is set beside `kind` depends on it.
struct PreparedOperation {
  schema::rm::Operation::Which kind;
  Record::Ptr record;        // what to store
  AttemptKey id;             // of an attempt; of an application without the number
  std::uint32_t number = 0;  // sequence number of a token, id of a master key
  ReservationKey reservation;
  rm::IncrementEpoch epoch;
  rm::Version version;
};

class TransactionDecoder {
 public:
  // Fills `operations`, or says why the transaction cannot be taken; then nothing of it may be applied.
  std::optional<std::string> decode(Bytes bytes, Generation born, std::vector<PreparedOperation>& operations);

 private:
  std::optional<std::string> decode_words(Bytes bytes, Generation born, std::vector<PreparedOperation>& operations);
  bool prepare(schema::rm::Operation::Reader operation, Generation born, PreparedOperation& prepared);

  Canonicalizer canonicalizer_;
};

}  // namespace varve
