// Errors of the outside world (disk, bytes, peers, callers) are values: Result<T> is the value or an Error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

#include "varve/types.h"

namespace varve {

enum class ErrorCode : std::uint8_t {
  kIo,               // the operating system failed a read, write, sync or rename
  kNoSpace,          // the disk is full, or only the reserve is left
  kReadOnly,         // the file system is read-only
  kPermission,       // missing rights
  kNotFound,         // the file, directory, segment or transaction does not exist
  kExists,           // it exists already
  kLocked,           // another process holds the directory
  kDamaged,          // bytes that were written are not what they were
  kForeign,          // of another namespace or another kind
  kNewerLayout,      // written by a newer Varve
  kTooLarge,         // above a configured bound; only this operation failed
  kInvalidArgument,  // wrong usage by the caller
  kBusy,             // the queue is full; try again
  kClosed,           // closed, or closing
  kFenced,           // a writer of a higher epoch has taken over
  kOutcomeUnknown,   // not known to be durable, not known to be lost: ask Engine::outcome() with the ticket
  kRefused,          // the state machine, a peer or a rule said no
};

// The enumerator's name without the k, in snake_case: "no_space".
std::string_view to_string(ErrorCode code);

// What was being done, to which file or peer, at which offset or txid, what was expected and found, and what to do next: one line.
class [[nodiscard]] Error {
 public:
  Error(ErrorCode code, std::string text) : code_(code), text_(std::move(text)) {}

  ErrorCode code() const { return code_; }
  const std::string& text() const { return text_; }

  // Of kOutcomeUnknown only: what to ask Engine::outcome() about.
  const std::optional<Ticket>& ticket() const { return ticket_; }
  Error with_ticket(Ticket ticket) const {
    Error error = *this;
    error.ticket_ = ticket;
    return error;
  }

  // The same error with what the caller was doing put before it: "opening the journal: ...".
  Error within(std::string_view doing) const {
    Error error = *this;
    error.text_ = std::string(doing) + ": " + text_;
    return error;
  }

 private:
  ErrorCode code_;
  std::string text_;
  std::optional<Ticket> ticket_;
};

template <typename T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(ErrorCode code, std::string text) {
  return tl::unexpected<Error>(Error(code, std::move(text)));
}
inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace varve
