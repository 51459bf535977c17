// A journal node whose every answer the test chooses: a real writer connects to it, and what it sends is kept until the test answers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/sim/sim_world.h"
#include "base/task.h"
#include "base/tasks.h"
#include "journal/stream_channel.h"
#include "journal/wire.h"

namespace varve {

class HandNode {
 public:
  // Shows `state` to whoever connects.
  HandNode(SimWorld& world, SimMachine& machine, std::string address, wire::CopyState state);
  ~HandNode() noexcept {}

  const std::string& address() const { return address_; }
  // An append that came, on the newest connection.
  struct Append {
    std::uint64_t number;
    LogPosition end;  // when all of it is stored
    bool answered = false;
  };
  const std::vector<Append>& appends() const { return appends_; }
  // The last order to settle.
  std::optional<std::uint64_t> settle() const { return settle_; }

  // Answers all that end at or below `upto` as stored, in turn, and will not be asked about them again.
  void prove(TxId upto = TxId{~std::uint64_t{0}}, std::optional<Epoch> epoch = std::nullopt);
  // Answers a message by its number.
  void say_stored(std::uint64_t number, const LogPosition& position, Epoch epoch);

 private:
  Task<void> accept_all();
  Task<void> serve(kj::Own<kj::AsyncIoStream> stream);
  void take(const StreamMessage& message);

  SimMachine& machine_;
  std::string address_;
  wire::CopyState state_;
  kj::Own<Listener> listener_;
  std::vector<kj::Own<StreamChannel>> channels_;  // the newest last
  Epoch epoch_;                                   // of the writer
  std::vector<Append> appends_;
  std::optional<std::uint64_t> settle_;
  Tasks tasks_;  // destroyed first
};

}  // namespace varve
