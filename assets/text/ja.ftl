# What people read, in English. Every text here has its twin in ja.ftl; a test compares the two.

## Errors
error-interrupted = Stopped.

## Delimited text
text-encoding = { $name }
text-delimiter-tab = タブ区切り
text-delimiter-space = 空白区切り
text-delimiter = 「{ $delimiter }」区切り
error-text-empty = { $path } は空です。行も見出しもありません。
hint-text-empty = ファイルが最後まで書き込まれているか確認するか、別のファイルを開いてください。
error-text-encoding = 「{ $name }」という文字コードには対応していません。
hint-text-encoding = utf-8、cp932（Shift_JIS）、euc-jp、utf-16le、windows-1252 などを指定してください。指定しなければ自動で判別します。
error-text-delimiter = 「{ $name }」は区切り文字に使えません。
hint-text-delimiter = カンマ、セミコロン、タブ、| などの ASCII 文字を 1 つ指定してください。
error-text-line-too-long = { $path }：{ $line } 行目が長すぎるため、表の行として読めません。
hint-text-line-too-long = テキストファイルかどうか、改行が正しく入っているかを確認してください。
notice-text-preamble = 表の前にある { $count } 行を読み飛ばしました：「{ $line }」
notice-text-duplicate-names = 重複している列名に番号を付けました：{ $names }
notice-text-empty-names = 名前のない { $count } 列に名前を付けました：{ $names }
notice-text-kept = 数値にすると先頭の 0 や符号、桁が失われるため、文字列のまま読みました：{ $names }
notice-text-encoding-late = { $line } 行目に ASCII 以外の文字が初めて現れたため、文字コードを { $encoding } と判断しました。
notice-text-open-quote = { $count ->
    [1] { $line } 行目の引用符が閉じられていないため、この行の引用符は通常の文字として読みました。
   *[other] 引用符が閉じられていない行が { $count } 行あり（最初は { $line } 行目）、その引用符は通常の文字として読みました。
  }
notice-text-nuls = テキストに NUL 文字が { $count } 個含まれています。
notice-text-undecodable = { $encoding } として読めない箇所が { $count } か所あり、� で表示しています。
notice-text-long = { $count ->
    [1] { $line } 行目の項目数は { $fields } です（列数は { $columns }）。余分な項目は表示していません。
   *[other] 項目が多すぎる行が { $count } 行あります（{ $line } 行目は { $fields } 項目、列数は { $columns }）。余分な項目は表示していません。
  }
notice-text-short = { $count ->
    [1] { $line } 行目の項目数は { $fields } です（列数は { $columns }）。足りない項目は欠損値としています。
   *[other] 項目が足りない行が { $count } 行あります（{ $line } 行目は { $fields } 項目、列数は { $columns }）。足りない項目は欠損値としています。
  }
notice-text-misfit = { $column }：{ $line } 行目の「{ $value }」は{ $kind }として読めません。ファイル全体を確認するまでは欠損値として表示します。
notice-text-retyped = { $column }：{ $line } 行目に「{ $value }」があるため、列全体を{ $kind }として読みました。
