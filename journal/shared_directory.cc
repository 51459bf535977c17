#include "journal/shared_directory.h"

#include "base/result.h"
#include "editlog/control.h"
#include "editlog/slots.h"
#include "journal/shared_namespace.h"

namespace varve {

SharedDirectory::SharedDirectory(Seams seams, kj::Own<Directory> home, kj::Own<SharedEpochs> epochs, VersionFile version)
    : seams_(seams), home_(kj::mv(home)), epochs_(kj::mv(epochs)), version_(version) {
  Configuration configuration;
  configuration.members.push_back(Member{version_.disk_id, "", MemberRole::kVoter});
  configuration_ = encode(configuration);
}

Task<Result<kj::Own<SharedDirectory>>> SharedDirectory::open(Seams seams, std::string path) {
  auto home = co_await seams.disk.create_directory(path);
  if (!home) co_return fail(home.error());
  auto directory = co_await seams.disk.create_directory(path + "/epochs");
  if (!directory) co_return fail(directory.error());
  auto epochs = kj::heap<SharedEpochs>(kj::mv(*directory));
  auto version = co_await shared_namespace(seams, **home, *epochs);
  if (!version) co_return fail(version.error());
  co_return kj::heap<SharedDirectory>(seams, kj::mv(*home), kj::mv(epochs), *version);
}

LogPosition SharedDirectory::origin() const {
  return {TxId{0}, Epoch{0}, digest_of_new_start(namespace_id(), lineage(), configuration_)};
}

kj::Promise<Result<kj::Own<Directory>>> SharedDirectory::open_log(Epoch epoch) {
  return seams_.disk.open_directory(log_path(epoch));
}

kj::Promise<Result<kj::Own<Directory>>> SharedDirectory::create_log(Epoch epoch) {
  return seams_.disk.create_directory(log_path(epoch));
}

}  // namespace varve
