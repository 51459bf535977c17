// Keys and certificates for tests, made by the openssl program.
#pragma once

#include <fmt/format.h>

#include <cstdlib>
#include <string>

#include "base/check.h"
#include "base/real/tls_network.h"
#include "tests/support/temp_directory.h"

namespace varve::testing {

class Certificates {
 public:
  Certificates() {
    make_authority("ca");
    make_authority("other");
    make("j1", "j1", "ca");
    make("rm1", "rm1", "ca");
  }

  std::string path(const std::string& name) const { return directory_.path(name); }
  // Of our certificate NAME, believing those that AUTHORITY signed.
  TlsFiles files(const std::string& name, const std::string& authority = "ca") const {
    return {path(name + ".pem"), path(name + ".key"), path(authority + ".pem")};
  }

  void make_authority(const std::string& name) const {
    openssl(fmt::format(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN={0} -keyout {0}.key -out {0}.pem", name));
  }
  // NAME.pem and NAME.key, for the DNS name `dns`.
  void make(const std::string& name, const std::string& dns, const std::string& authority, int days = 2) const {
    openssl(
        fmt::format("req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=somebody -addext subjectAltName=DNS:{1} "
                    "-keyout {0}.key -out {0}.csr",
                    name, dns));
    openssl(fmt::format("x509 -req -in {0}.csr -copy_extensions copy -CA {1}.pem -CAkey {1}.key -CAcreateserial -days {2} -out {0}.pem",
                        name, authority, days));
  }
  void openssl(const std::string& arguments) const { shell("openssl " + arguments); }
  void shell(const std::string& command) const {
    const int status = std::system(fmt::format("cd '{}' && ({}) >log 2>&1 </dev/null", directory_.path(), command).c_str());
    CHECK(status == 0, command);
  }

 private:
  TempDirectory directory_;
};

}  // namespace varve::testing
