#pragma once

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

namespace vcache::test {

/// A certificate authority that lives as long as a test, and the certificates that it signs.
class TestAuthority {
 public:
  struct LeafOptions {
    /// As OpenSSL writes them: `DNS:redis.test,IP:127.0.0.1`.
    std::string names = "DNS:localhost,IP:127.0.0.1,IP:::1";
    std::chrono::seconds valid_from = std::chrono::hours(-1);
    std::chrono::seconds valid_to = std::chrono::hours(24);
  };
  struct Leaf {
    std::filesystem::path certificate;
    std::filesystem::path key;
  };

  /// Writes `<name>.pem` into `directory`.
  TestAuthority(const std::filesystem::path& directory, const std::string& name)
      : directory_(directory), name_(name), key_(NewKey()) {
    certificate_ =
        NewCertificate(key_.get(), name, std::chrono::hours(-48), std::chrono::hours(48));
    AddExtension(certificate_.get(), NID_basic_constraints, "critical,CA:TRUE");
    Sign(certificate_.get(), certificate_.get());
    WriteCertificate(certificate_.get(), ca_file());
  }

  std::filesystem::path ca_file() const { return directory_ / (name_ + ".pem"); }

  Leaf Issue(const std::string& file_name) const { return Issue(file_name, LeafOptions()); }
  Leaf Issue(const std::string& file_name, const LeafOptions& options) const {
    const Key key = NewKey();
    const Certificate leaf =
        NewCertificate(key.get(), file_name, options.valid_from, options.valid_to);
    AddExtension(leaf.get(), NID_subject_alt_name, options.names);
    Sign(leaf.get(), certificate_.get());
    Leaf files{directory_ / (file_name + ".crt"), directory_ / (file_name + ".key")};
    WriteCertificate(leaf.get(), files.certificate);
    const File out = Open(files.key);
    PEM_write_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return files;
  }

 private:
  template <auto Free>
  struct FreeWith {
    template <typename T>
    void operator()(T* handle) const noexcept {
      Free(handle);
    }
  };
  using Key = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
  using Certificate = std::unique_ptr<X509, FreeWith<X509_free>>;
  using File = std::unique_ptr<std::FILE, FreeWith<std::fclose>>;

  static Key NewKey() { return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")); }

  static Certificate NewCertificate(EVP_PKEY* key, const std::string& subject,
                                    std::chrono::seconds from, std::chrono::seconds to) {
    static long serial = 1;
    Certificate made(X509_new());
    X509_set_version(made.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), from.count());
    X509_gmtime_adj(X509_getm_notAfter(made.get()), to.count());
    X509_set_pubkey(made.get(), key);
    const auto* text = reinterpret_cast<const unsigned char*>(subject.c_str());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_ASC, text, -1, -1,
                               0);
    return made;
  }

  static void AddExtension(X509* certificate, int kind, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
    if (extension == nullptr) throw std::runtime_error("bad extension: " + value);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }

  void Sign(X509* certificate, X509* issuer) const {
    X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
    if (X509_sign(certificate, key_.get(), EVP_sha256()) == 0) {
      throw std::runtime_error("certificate not signed");
    }
  }

  static File Open(const std::filesystem::path& path) {
    File file(std::fopen(path.c_str(), "w"));
    if (file == nullptr) throw std::runtime_error("cannot write " + path.string());
    return file;
  }
  static void WriteCertificate(X509* certificate, const std::filesystem::path& path) {
    const File out = Open(path);
    PEM_write_X509(out.get(), certificate);
  }

  std::filesystem::path directory_;
  std::string name_;
  Key key_;
  Certificate certificate_;
};

}  // namespace vcache::test
