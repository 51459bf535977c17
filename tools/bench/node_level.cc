#include "tools/bench/node_level.h"

#include "base/result.h"
#include "journal/node_connection.h"

namespace varve {

Result<TxId> NodeLevel::ask() {
  return real_.mailbox().run_until(kj::Promise<Result<TxId>>(do_ask()));
}

Task<Result<TxId>> NodeLevel::do_ask() {
  wire::Open open;
  open.journal = journal_;
  auto connection = co_await NodeConnection::open(real_.seams(), address_, std::move(open), std::chrono::seconds(5));
  if (!connection) co_return fail(connection.error());
  const auto* state = std::get_if<wire::CopyState>(&(*connection)->opened());
  if (state == nullptr) co_return fail(ErrorCode::kNotFound, "no journal there");
  co_return state->end().txid;
}

}  // namespace varve
