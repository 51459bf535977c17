#include <capnp/schema-loader.h>
#include <capnp/schema.capnp.h>
#include <capnp/serialize.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "rm/rm.capnp.h"
#include "rm/rm_state.h"
#include "varve/rm_types.h"

namespace varve {
namespace {

constexpr std::uint64_t kSecret = 0xd1c5f0a7b2e39486;  // varve/varve.capnp

class CompiledSchemaTest : public testing::Test {
 protected:
  CompiledSchemaTest() {
    std::vector<capnp::word> words(compiled_.size() / sizeof(capnp::word));
    std::memcpy(words.data(), compiled_.data(), compiled_.size());
    capnp::FlatArrayMessageReader message(kj::arrayPtr(words.data(), words.size()));
    for (auto node : message.getRoot<capnp::schema::CodeGeneratorRequest>().getNodes()) loader_->load(node);
  }

  std::set<std::string> secret_fields(std::uint64_t type) const {
    std::set<std::string> names;
    for (auto field : loader_->get(type).asStruct().getFields())
      for (auto annotation : field.getProto().getAnnotations())
        if (annotation.getId() == kSecret) names.insert(field.getProto().getName().cStr());
    return names;
  }

  const SchemaInfo info_ = RmState().schema();
  const std::string compiled_ = info_.compiled;
  const std::unique_ptr<capnp::SchemaLoader> loader_ = std::make_unique<capnp::SchemaLoader>();
};

TEST_F(CompiledSchemaTest, describes_the_transaction) {
  EXPECT_EQ(compiled_.size() % 8, 0u);
  EXPECT_EQ(info_.name, "resource-manager");
  EXPECT_STREQ(loader_->get(info_.transaction_type).getShortDisplayName().cStr(), "Transaction");
}

TEST_F(CompiledSchemaTest, names_the_operations_in_the_order_of_the_variant) {
  const auto operations = loader_->get(capnp::typeId<schema::rm::Operation>()).asStruct().getUnionFields();
  ASSERT_EQ(operations.size(), std::variant_size_v<rm::Operation>);
}

TEST_F(CompiledSchemaTest, marks_key_material_as_secret) {
  using testing::ElementsAre;
  EXPECT_THAT(secret_fields(capnp::typeId<schema::rm::MasterKey>()), ElementsAre("key"));
  EXPECT_THAT(secret_fields(capnp::typeId<schema::rm::ProxyCa>()), ElementsAre("privateKey"));
  EXPECT_THAT(secret_fields(capnp::typeId<schema::rm::Attempt>()), ElementsAre("tokens"));
  EXPECT_THAT(secret_fields(capnp::typeId<schema::rm::Container>()), ElementsAre("token"));
  EXPECT_THAT(secret_fields(capnp::typeId<schema::rm::LaunchContext>()), ElementsAre("tokens"));
}

TEST_F(CompiledSchemaTest, is_the_same_wherever_the_tree_stands) {
  EXPECT_EQ(compiled_.find(VARVE_SOURCE_DIR), std::string::npos);
}

}  // namespace
}  // namespace varve
