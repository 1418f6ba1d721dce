# Every third-party library and the version of it that Debian 12 ships: the one the code was
# written and tested against (docs/adr explains what each version forces on us).
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)                                         # 3.0
find_package(nlohmann_json 3.11 REQUIRED)                                  # 3.11.2
find_package(doctest 2.4 REQUIRED)                                         # 2.4.9
pkg_check_modules(httplib REQUIRED IMPORTED_TARGET cpp-httplib=0.11.4)     # 0.11.4+deb12u1; its flags matter
pkg_check_modules(hiredis REQUIRED IMPORTED_TARGET hiredis>=0.14)          # 0.14.1
pkg_check_modules(curl REQUIRED IMPORTED_TARGET libcurl>=7.88)             # 7.88.1
pkg_check_modules(spdlog REQUIRED IMPORTED_TARGET spdlog>=1.10)            # 1.10.0
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3>=3.40)          # 3.40.1
pkg_check_modules(expat REQUIRED IMPORTED_TARGET expat>=2.5)               # 2.5.0
pkg_check_modules(prometheus REQUIRED IMPORTED_TARGET prometheus-cpp-core>=1.0)  # 1.0.1
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd>=1.5)              # 1.5.4
