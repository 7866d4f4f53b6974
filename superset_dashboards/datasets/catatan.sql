-- Catatan: a row a note that an officer wrote, with what its message is about.
SELECT
    p.area AS area,
    p.owner AS owner,
    $wib(n.at) AS waktu,
    p.kantor AS kantor,
    n.officer AS officer,
    n.text AS text,
    p.jenis AS jenis,
    p.tempat AS tempat,
    p.tanggapan AS tanggapan,
    n.message AS message,
    p.simulated AS simulated
FROM notes AS n
INNER JOIN (
    SELECT message, any(area) AS area, any(owner) AS owner, arrayStringConcat(arraySort(groupUniqArray(kantor)), ', ') AS kantor,
        any(jenis) AS jenis, any(tempat) AS tempat, any(tanggapan) AS tanggapan, max(simulated) AS simulated
    FROM ($dataset(peringatan)) AS s GROUP BY message
) AS p ON p.message = n.message
WHERE $asked(n.at)
