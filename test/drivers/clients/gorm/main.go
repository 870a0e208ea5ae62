package main

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"runtime/debug"
	"time"

	driver "github.com/go-sql-driver/mysql"
	"gorm.io/driver/mysql"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

type Author struct {
	ID    uint
	Name  string `gorm:"size:100;not null"`
	Price float64
	Books []Book
}

type Book struct {
	ID       uint
	Title    string `gorm:"size:100;index"`
	AuthorID uint
}

type Blob struct {
	ID   uint
	Body []byte `gorm:"type:longblob"`
}

func open(change func(*driver.Config)) (*gorm.DB, error) {
	c := driver.NewConfig()
	c.Net = "tcp"
	c.Addr = net.JoinHostPort(env("DB_HOST"), env("DB_PORT"))
	c.User = env("DB_USER")
	c.Passwd = env("DB_PASSWORD")
	c.DBName = env("DB_NAME")
	c.ParseTime = true
	if change != nil {
		change(c)
	}
	db, err := gorm.Open(mysql.New(mysql.Config{DSNConfig: c}), &gorm.Config{Logger: logger.Discard, PrepareStmt: true, TranslateError: false})
	if err != nil {
		return nil, err
	}
	plain, err := db.DB()
	if err == nil {
		plain.SetMaxOpenConns(3)
	}
	return db, err
}

func closed(db *gorm.DB) {
	if plain, err := db.DB(); err == nil {
		plain.Close()
	}
}

func errorText(err error) string {
	var known *driver.MySQLError
	if errors.As(err, &known) {
		return fmt.Sprintf("%d %s %s", known.Number, known.SQLState[:], known.Message)
	}
	return fmt.Sprintf("%T %v", err, err)
}

func connected(work func(*gorm.DB) (string, error)) func() (string, error) {
	return func() (string, error) {
		db, err := open(nil)
		if err != nil {
			return "", err
		}
		defer closed(db)
		return work(db)
	}
}

func login(encrypted bool, user string) func() (string, error) {
	return func() (string, error) {
		db, err := open(func(c *driver.Config) {
			c.User = env(user)
			if encrypted {
				c.TLSConfig = "unverified"
			}
		})
		if err != nil {
			return "", err
		}
		defer closed(db)
		var status struct{ Variable_name, Value string }
		if err := db.Raw("SHOW STATUS LIKE 'Ssl_cipher'").Scan(&status).Error; err != nil {
			return "", err
		}
		if (status.Value != "") != encrypted {
			return "", fmt.Errorf("Ssl_cipher is '%s'", status.Value)
		}
		var name string
		err = db.Raw("SELECT CURRENT_USER()").Scan(&name).Error
		return name, err
	}
}

func refused(change func(*driver.Config)) func() (string, error) {
	return func() (string, error) {
		_, err := open(change)
		if err == nil {
			return "", errors.New("no error came")
		}
		return errorText(err), nil
	}
}

func fill(db *gorm.DB) error {
	if err := db.Migrator().DropTable(&Book{}, &Author{}, &Blob{}); err != nil {
		return err
	}
	if err := db.AutoMigrate(&Author{}, &Book{}, &Blob{}); err != nil {
		return err
	}
	return db.Create(&[]Author{{Name: text, Price: 12.5, Books: []Book{{Title: "one"}, {Title: "two"}}}, {Name: "Ānanda", Books: []Book{{Title: "three"}}}}).Error
}

func orm(db *gorm.DB) (string, error) {
	if err := fill(db); err != nil {
		return "", err
	}
	if err := db.AutoMigrate(&Author{}, &Book{}, &Blob{}); err != nil { // finds nothing to do
		return "", err
	}
	var authors []Author
	if err := db.Preload("Books").Order("id").Find(&authors).Error; err != nil {
		return "", err
	}
	if authors[0].Name != text {
		return "", fmt.Errorf("%s instead of %s", authors[0].Name, text)
	}
	tables, err := db.Migrator().GetTables()
	types, _ := db.Migrator().ColumnTypes(&Author{})
	names := []string{}
	for _, one := range types {
		names = append(names, one.Name()+" "+one.DatabaseTypeName())
	}
	return show([]any{authors, len(tables), names}), err
}

func transaction(db *gorm.DB) (string, error) {
	if err := fill(db); err != nil {
		return "", err
	}
	back := errors.New("back")
	err := db.Transaction(func(tx *gorm.DB) error {
		if err := tx.Where("1 = 1").Delete(&Book{}).Error; err != nil {
			return err
		}
		// A savepoint within.
		_ = tx.Transaction(func(inner *gorm.DB) error {
			inner.Model(&Author{}).Where("1 = 1").Update("name", "other")
			return back
		})
		return back
	})
	if !errors.Is(err, back) {
		return "", err
	}
	var count int64
	err = db.Model(&Book{}).Count(&count).Error
	return fmt.Sprint(count), err
}

func blob(content []byte, id uint) func(*gorm.DB) (string, error) {
	return func(db *gorm.DB) (string, error) {
		if err := fill(db); err != nil {
			return "", err
		}
		if err := db.Create(&Blob{ID: id, Body: content}).Error; err != nil {
			return "", err
		}
		var sum string
		db.Raw("SELECT MD5(body) FROM blobs WHERE id = ?", id).Scan(&sum)
		var back Blob
		if err := db.First(&back, id).Error; err != nil {
			return "", err
		}
		if sum != checksum(content) || !bytes.Equal(back.Body, content) {
			return "", fmt.Errorf("server's checksum %s, sent %s", sum, checksum(content))
		}
		return fmt.Sprint(len(back.Body)), nil
	}
}

func cursor(db *gorm.DB) (string, error) {
	rows, err := db.Table("numbers").Select("id").Order("id").Rows()
	if err != nil {
		return "", err
	}
	defer rows.Close()
	sum, id := 0, 0
	for rows.Next() {
		if err := rows.Scan(&id); err != nil {
			return "", err
		}
		sum += id
	}
	return fmt.Sprint(sum), rows.Err()
}

func reconnect(db *gorm.DB) (string, error) {
	var before, after int64
	db.Raw("SELECT CONNECTION_ID()").Scan(&before)
	other, err := open(nil)
	if err != nil {
		return "", err
	}
	other.Exec(fmt.Sprintf("KILL %d", before))
	closed(other)
	time.Sleep(300 * time.Millisecond) // the end of the connection comes a moment after the answer to KILL
	for tries := 0; tries < 5 && (after == 0 || after == before); tries++ {
		err = db.Raw("SELECT CONNECTION_ID()").Scan(&after).Error
	}
	return fmt.Sprint(before != after), err
}

func results(db *gorm.DB) (string, error) {
	seen := []any{}
	for _, statement := range []string{"INSERT INTO counters (name, n) VALUES ('a', 1)", "INSERT INTO counters (name, n) VALUES ('a', 1)", "SELECT oops(", "SELECT * FROM no_such_table"} {
		result := db.Exec(statement)
		if result.Error != nil {
			seen = append(seen, errorText(result.Error))
		} else {
			seen = append(seen, result.RowsAffected)
		}
	}
	return show(seen), nil
}

func main() {
	_ = driver.RegisterTLSConfig("unverified", &tls.Config{InsecureSkipVerify: true})
	version := "GORM"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if module.Path == "gorm.io/gorm" {
				version += " " + module.Version
			}
		}
	}
	runScenarios(version, scenarios{
		"login":            login(false, "DB_USER"),
		"login-tls":        login(true, "DB_USER"),
		"login-native":     login(false, "DB_USER_NATIVE"),
		"login-sha256":     login(true, "DB_USER_SHA256"),
		"login-ed25519":    login(false, "DB_USER_ED25519"),
		"wrong-password":   refused(func(c *driver.Config) { c.Passwd = "wrong" }),
		"unknown-database": refused(func(c *driver.Config) { c.DBName += "_none" }),
		"orm":              connected(orm),
		"transaction":      connected(transaction),
		"binary":           connected(blob(allBytes(), 1)),
		"large-blob":       connected(blob(largeBlob(), 2)),
		"cursor":           connected(cursor),
		"reconnect":        connected(reconnect),
		"results":          connected(results),
	}, nil)
}
