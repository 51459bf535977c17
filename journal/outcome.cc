#include "journal/outcome.h"

#include "base/check.h"
#include "base/result.h"

namespace varve {

Task<Result<Outcome>> outcome_in(LocalLog& log, Ticket ticket) {
  if (ticket.txid.value == 0)
    co_return fail(ErrorCode::kInvalidArgument, "asking for the outcome of txid 0: transactions are numbered from 1");
  if (ticket.txid <= log.start().position.txid) co_return Outcome::kUnknownYet;  // purged
  if (ticket.txid > log.committed().txid) co_return log.committed().epoch > ticket.epoch ? Outcome::kNever : Outcome::kUnknownYet;
  auto reader = co_await log.read(ticket.txid);
  if (!reader) co_return fail(reader.error());
  auto frames = co_await (*reader)->next();
  if (!frames && ticket.txid <= log.start().position.txid) co_return Outcome::kUnknownYet;  // purged meanwhile
  if (!frames) co_return fail(frames.error());
  CHECK(!frames->empty() && frames->front().header->first() <= ticket.txid, ticket.txid.value);
  co_return frames->front().header->self == ticket.frame ? Outcome::kCommitted : Outcome::kNever;
}

}  // namespace varve
