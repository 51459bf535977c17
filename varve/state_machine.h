// What the user of the library writes: the state that the log keeps alive.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "varve/error.h"
#include "varve/image.h"
#include "varve/types.h"

namespace varve {

// What apply() has to say to the submitter; Varve does not look into it.
struct Reply {
  std::uint64_t code = 0;
  std::string data;
};

// An immutable view of the state at one txid. Destroyed on any thread.
class StateView {
 public:
  virtual ~StateView() = default;
};

// The types of the user's transactions and image records, in Cap'n Proto's own compiled form (a CodeGeneratorRequest as `capnp
// compile -o-` writes it). It is stored in every segment and image, so that `varve log cat` prints fields by name years later.
struct SchemaInfo {
  std::string compiled;                // empty: transactions are opaque bytes and print as hex
  std::uint64_t transaction_type = 0;  // type id of the struct at each transaction's root
  std::string name;                    // for people: "resource-manager"
};

// Threads: every function is called on one thread, named "varve-loop", never two at once. The producers that save() hands out run on
// worker threads beside later apply() calls: they may touch nothing but the view. The consumers that load() hands out run on worker
// threads between load() and finish_load().
// Errors: apply has none. A transaction that the state cannot take is the state machine's to answer in its Reply, the same on every
// replica; an exception out of apply is a bug and ends the process.
class StateMachine {
 public:
  virtual ~StateMachine() = default;

  virtual SchemaInfo schema() const = 0;

  // Applies one committed transaction. `transaction` is 8-byte aligned and valid during the call only. Must depend on nothing but
  // the state and these bytes.
  virtual Reply apply(TxId txid, Bytes transaction) = 0;

  // A view of the state as it is now, in time independent of its size.
  virtual std::shared_ptr<const StateView> freeze() = 0;

  // Declares the sections of `view`; see ImageSink. The same state must give the same records in the same order.
  virtual void save(std::shared_ptr<const StateView> view, ImageSink& sink) const = 0;

  // Forgets the state and declares who takes the sections of an image: load(), then the consumers on worker threads, then
  // finish_load(). After an error, of anyone, the state is undefined until the next load() (of an older image) or reset().
  virtual Result<void> load(ImageSource& source) = 0;
  virtual Result<void> finish_load() = 0;

  // Forgets everything: the state before transaction 1.
  virtual void reset() = 0;
};

}  // namespace varve
