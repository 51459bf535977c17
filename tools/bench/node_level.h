// Asks a journal node where its copy ends.
#pragma once

#include <string>

#include "base/real/real_seams.h"
#include "base/task.h"
#include "varve/error.h"
#include "varve/types.h"

namespace varve {

class NodeLevel {
 public:
  NodeLevel(std::string address, std::string journal) : address_(std::move(address)), journal_(std::move(journal)) {}

  // The last durable transaction of the copy.
  Result<TxId> ask();

 private:
  Task<Result<TxId>> do_ask();

  const std::string address_;
  const std::string journal_;
  RealSeams real_{RealSeamsOptions{.disk_threads = 1, .worker_threads = 1, .longest_spin = std::chrono::nanoseconds(0), .log = {}}};
};

}  // namespace varve
